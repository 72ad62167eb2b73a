"""README's way from a script to a reviewed change, in its own three commands, and off that way."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from deployer.cli.main import main
from tests.adopt.test_modal_script import RECIPE
from tests.repository import git

pytestmark = pytest.mark.process

README = Path("README.md").read_text(encoding="utf-8")
SECTION = re.search(
    r"^## Bring what you have\n.*?```console\n(.*?)```", README, re.DOTALL | re.MULTILINE
)


def test_from_a_script_to_a_reviewed_diff_in_three_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert SECTION is not None
    written, kept, compared = SECTION[1].splitlines()
    monkeypatch.chdir(tmp_path)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "a@example.org")
    git(tmp_path, "init", "-q", "-b", "main")
    Path("deploy.py").write_text(RECIPE, encoding="utf-8")

    assert main(shlex.split(written, comments=True)[2:]) == 0
    subprocess.run(["bash", "-ec", kept.removeprefix("$ ")], check=True, capture_output=True)
    capsys.readouterr()
    profile = Path("glm.yaml")
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text.replace("max_inputs: 20", "max_inputs: 40"), encoding="utf-8")
    assert main(shlex.split(compared, comments=True)[2:]) == 0
    shown = capsys.readouterr().out

    assert shown.startswith("glm.yaml: ")
    assert "  ~ modal.max_inputs  20 -> 40" in shown
    assert "money: " in shown

    for wrong in (["diff", "deploy.py", "glm.yaml"], ["diff", "--base", "HEAD", "deploy.py"]):
        main(wrong)
        assert "`deployer import deploy.py` makes a profile" in capsys.readouterr().err
    assert main(shlex.split(written, comments=True)[2:]) == 2
    assert "glm.yaml is there already" in capsys.readouterr().err
