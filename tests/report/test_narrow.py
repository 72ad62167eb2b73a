"""Text for a narrow terminal: nothing is lost, and what can be broken is."""

from __future__ import annotations

import re

import pytest

from deployer.cli.main import main
from deployer.report.narrow import narrowed


def test_a_value_goes_on_below_its_beginning() -> None:
    line = "  full context       202,752 tokens fits 3.2 times in what is left"

    assert narrowed(line, 40) == (
        "  full context       202,752 tokens fits\n"
        "                     3.2 times in what\n"
        "                     is left"
    )


def test_without_a_width_nothing_changes() -> None:
    assert narrowed("x " * 200, None) == "x " * 200


@pytest.mark.parametrize("verb", ["plan --offline", "fit", "cost"])
def test_a_narrow_terminal_is_kept_to(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODAL_CONFIG_PATH", "/nowhere/modal.toml")
    monkeypatch.delenv("COLUMNS", raising=False)
    assert main([*verb.split(), "profiles/b200-fp8-eagle.yaml"]) == 0
    wide = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "60")
    assert main([*verb.split(), "profiles/b200-fp8-eagle.yaml"]) == 0
    narrow = capsys.readouterr().out

    assert max(map(len, wide.splitlines())) > 60
    assert [line for line in narrow.splitlines() if len(line) > 60 and " " in line.strip()] == []
    assert re.sub(r"\s+", " ", narrow) == re.sub(r"\s+", " ", wide)
