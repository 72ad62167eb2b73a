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


@pytest.fixture(autouse=True)
def own_xet_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep hf_xet's files off this machine's; it takes the first place for a process's life."""
    monkeypatch.setenv("HF_XET_CACHE", str(tmp_path_factory.getbasetemp() / "xet"))


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub(model_files()).serving() as hub:
        yield hub


@pytest.fixture
def story(hub: FakeHub, tmp_path: Path) -> Story:
    return Story(hub, tmp_path / "weights" / "tiny")
