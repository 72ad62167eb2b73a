from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

import pytest

from deployer.apply.local.family import family

from .world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world of which no process is left afterwards, whatever a test did."""
    made = World(tmp_path)
    yield made
    for folder in (tmp_path / "state" / "deployer" / "local").glob("[!.]*"):
        for each in family(folder, ()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGKILL)
