"""What README shows is what the tool says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deployer.cli.main import main

README = Path("README.md").read_text(encoding="utf-8")
PROFILE = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_profile_of_the_readme_is_fine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(PROFILE) == 1
    path = tmp_path / "profile.yaml"
    path.write_text(PROFILE[0], encoding="utf-8")

    code = main(["check", "--strict", str(path)])

    shown = capsys.readouterr().out
    assert code == 0
    assert "warning" not in shown
    assert "error" not in shown


def test_the_mistake_of_the_readme_is_found_in_these_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = re.search(r"deployer check broken\.yaml\n(.*?)\n```", README, re.DOTALL)
    assert shown is not None
    monkeypatch.chdir(tmp_path)
    text = "memory:\n  mem_fraction: 0.88\n"
    Path("broken.yaml").write_text("\n" * 10 + text, encoding="utf-8")

    assert main(["check", "broken.yaml"]) == 1

    assert shown[1] in capsys.readouterr().out
