"""The folder in which every verb is called."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from deployer.diagnose.boot import Boot
from deployer.event import Event

ROOT = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with three profiles, a damaged local deployment, and nobody's secrets."""
    shutil.copy(ROOT / "profiles/cpu-tiny.yaml", tmp_path / "here.yaml")
    shutil.copy(ROOT / "profiles/b200-fp8-eagle.yaml", tmp_path / "modal.yaml")
    old = (tmp_path / "here.yaml").read_text(encoding="utf-8")
    (tmp_path / "old").mkdir()
    renamed = old.replace("  args:\n", "  args:\n    cuda-graph-max-bs: 8\n")
    (tmp_path / "old/old.yaml").write_text(renamed, encoding="utf-8")
    demo = Path(os.environ["XDG_STATE_HOME"]) / "deployer/local/demo"
    demo.mkdir(parents=True)
    for folder in (demo, demo.parent, demo.parent.parent):
        folder.chmod(0o700)
    (demo / "state.json").write_text("{}", encoding="utf-8")
    ready = "[2026-10-30 07:12:20] The server is fired up and ready to roll!\n"
    (demo / "engine.log").write_text(ready, encoding="utf-8")
    boot = Boot("0a1b", "sglang 0.5.23", 1e9, 1.0, ())
    told = Event(1e9, "boot", "done", "ready", 1.0, record=boot.to_json())
    (demo / "events.jsonl").write_text(f"{told.to_json()}\n", encoding="utf-8")
    (tmp_path / "data/deployer").mkdir(parents=True)
    for name in os.environ:
        if name.startswith(("MODAL_", "API_KEY", "HF_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MODAL_CONFIG_PATH", str(tmp_path / "none.toml"))
    for name in ("data", "cache"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    return tmp_path
