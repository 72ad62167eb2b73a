"""The pictures say what the command line says, and bring nothing else."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from tools.pictures.__main__ import FOLDER
from tools.pictures.draw import WIDTH, drawn


@pytest.mark.parametrize("name", ["plan.svg", "diff.svg"])
def test_a_picture_is_svg_that_fetches_and_runs_nothing(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")

    tree = ET.fromstring(text)  # noqa: S314 - our own file
    assert tree.tag.endswith("svg")
    assert not re.search(r"@font-face|url\(h|<script|<image|href=", text)
    assert re.findall(r"https?://[^\s\"<]+", text) == ["http://www.w3.org/2000/svg"]


def test_what_is_drawn_is_what_was_said() -> None:
    text = drawn("$ deployer check x.yaml\n\x1b[31merror\x1b[0m: <no>\n", "title")

    assert "deployer&#160;check&#160;x.yaml" in text
    assert "&lt;no&gt;" in text


def test_a_dumb_terminal_draws_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = f"$ {'x' * (WIDTH - 3)}|\n"
    drawings = []
    for terminal in ("xterm", "dumb"):
        monkeypatch.setenv("TERM", terminal)
        drawings.append(drawn(wide, "title"))

    assert f"{'x' * (WIDTH - 3)}|" in drawings[0]
    assert drawings[0] == drawings[1]
