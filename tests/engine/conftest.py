"""What the engine room's tests share: a runner that takes notes, and environments without pip."""

from pathlib import Path

import pytest

from deployer.engine import environment
from deployer.engine.environment import EngineEnvironment
from deployer.engine.install import NEEDED_BYTES

from .stand_ins import NotingRunner, Said


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def noting_runner() -> NotingRunner:
    return NotingRunner()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}


@pytest.fixture
def roomy_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk check pass wherever the tests run."""
    usage = type("Usage", (), {"free": NEEDED_BYTES + 1})
    monkeypatch.setattr("deployer.engine.install.shutil.disk_usage", lambda _path: usage)


@pytest.fixture
def fake_engine(environ: dict[str, str]) -> EngineEnvironment:
    """An environment that is complete by its marker and has no SGLang in it."""
    made = environment.describe("0.5.23", environ)
    made.bin.mkdir(parents=True)
    made.python.write_text("#!/bin/sh\n")
    made.python.chmod(0o755)
    environment.mark_complete(made)
    return made
