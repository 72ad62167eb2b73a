from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.hub.model import INDEX, model_files
from tests.fakes.hub.server import FakeHub
from tests.fakes.registry.server import FakeRegistry, index
from tests.lock.locking import Place

TOTAL = 65_524_246_528
"""Bytes of Qwen3-32B's tensors: 32.8 billion of two bytes."""


@pytest.fixture
def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Place]:
    """Give a place where a hub has a model that nobody else knows, and a registry its image."""
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    files = model_files(shards=2, size=30_000)
    files[INDEX] = json.dumps({"metadata": {"total_size": TOTAL}, "weight_map": {}}).encode()
    with (
        FakeHub(files, repo="nobody/own").serving() as hub,
        FakeRegistry({"v0.5.23": index("one")}).serving() as registry,
    ):
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        place = Place(here, hub, registry, capsys)
        place.config()
        yield place
