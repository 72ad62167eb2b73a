"""A hub with a tiny model, and a folder for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.hub.model import model_files
from tests.fakes.hub.server import FakeHub

from .living import Story

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub(model_files()).serving() as hub:
        yield hub


@pytest.fixture
def story(hub: FakeHub, tmp_path: Path) -> Story:
    return Story(hub, tmp_path / "weights" / "tiny")
