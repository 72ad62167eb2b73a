"""`deployer destroy` ends what its name stands for, and nothing else of that name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deployer.cli.main import main


def test_what_is_on_this_machine_is_in_no_environment_of_modals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODAL_CONFIG_PATH", str(tmp_path / "none.toml"))
    for variable in ("MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"):
        monkeypatch.delenv(variable, raising=False)
    folder = Path(os.environ["XDG_STATE_HOME"]) / "deployer/local/demo"
    folder.mkdir(parents=True)
    for each in (folder, folder.parent, folder.parent.parent):
        each.chmod(0o700)
    (folder / "state.json").write_text("{}", encoding="utf-8")

    assert main(["destroy", "demo", "--environment", "staging", "--yes"]) == 1
    assert "it is not known whether there is a deployment named `demo`" in capsys.readouterr().err
    assert (folder / "state.json").exists()
    assert main(["destroy", "demo"]) == 0
    assert not folder.exists()
