"""`deployer keys` of a server on this machine, as far as no server is asked."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from deployer.apply.local.process import Identity
from deployer.apply.local.state import State
from deployer.cli.main import main
from deployer.codec import encode


@pytest.fixture(autouse=True)
def folder() -> Path:
    found = Path(os.environ["XDG_STATE_HOME"]) / "deployer/local/demo"
    (found / "keys").mkdir(parents=True)
    for each in (found, found.parent, found.parent.parent):
        each.chmod(0o700)
    state = State("demo", "d", "demo.yaml", 8000, 0.0, Identity(2**22 + 1, ""), (), "file", 0)
    (found / "state.json").write_text(json.dumps(encode(state)))
    (found / "keys" / "alice").write_text("of alice")
    return found


def test_all_are_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "demo"]) == 0
    out = capsys.readouterr().out
    assert out == f"default  {folder}/api-key\nalice    {folder}/keys/alice\n"


def test_only_the_named_one_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "demo", "list", "alice"]) == 0
    assert capsys.readouterr().out == f"alice  {folder}/keys/alice\n"


def test_one_that_there_is_not_is_nothing_to_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "demo", "list", "bob"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "`demo` has no key `bob`" in captured.err
