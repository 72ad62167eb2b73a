"""What README shows is what the tool says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deployer.cli.main import main
from deployer.facts.sglang.catalogue import load, newest
from deployer.verify.catalogue import PROBES

README = Path("README.md").read_text(encoding="utf-8")
SHIPPED = {path.stem for path in Path("profiles").glob("*.yaml")}
PROFILE = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_figures_of_the_readme_are_those_of_today() -> None:
    options = {version: len(load(version).options) for version in ("0.5.9", newest())}
    first, last = options.values()
    picture = Path("docs/pictures/diff.svg").read_text(encoding="utf-8").replace("&#160;", " ")

    assert "| more than 30 promises |" in README
    assert len(PROBES) > 30
    assert f"{first} options in 0.5.9, {last} in {newest()}." in README
    dollars = re.search(r"for (\d+) to (\d+) dollars\]\(docs/pictures/diff\.svg\)", README)
    shown = re.search(r"once, \$([\d.]+) to \$([\d.]+)\)", picture)
    assert dollars is not None
    assert shown is not None
    assert [int(one) for one in dollars.groups()] == [round(float(one)) for one in shown.groups()]
    assert {*re.findall(r"^\| `profiles/(\S+)\.yaml`", README, re.MULTILINE)} == SHIPPED


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
