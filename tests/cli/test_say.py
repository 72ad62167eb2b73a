"""Every verb speaks through one place, and nothing that it says obeys anybody else."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.cli import say
from deployer.cli.main import main

DIRECT = re.compile(
    r"click\.(echo|secho|confirm|prompt|style|UsageError)\(|(?<![\w.])print\(|"
    r"sys\.(stdout|stderr)\.(write|buffer)"
)
ALLOWED = {"say.py", "progress.py"}


def test_no_verb_writes_to_a_stream_by_itself() -> None:
    found = {
        path.name: DIRECT.findall(path.read_text(encoding="utf-8"))
        for path in Path("deployer/cli").glob("*.py")
    }

    assert found["say.py"]
    assert [name for name, direct in found.items() if direct and name not in ALLOWED] == []
    assert [name for name, *_ in found["progress.py"]] == ["style"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[1;31merror\x1b[0m: x", "\x1b[1;31merror\x1b[0m: x"),
        ("\x1b[38;5;12mx\x1b[39m", "\x1b[38;5;12mx\x1b[39m"),
        ("\x1b[8mhidden", "\\x1b[8mhidden"),
        ("\x1b[41mon red", "\\x1b[41mon red"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x1b]52;c;eA==\x07", "\\x1b]52;c;eA==\\x07"),
        ("50%\r60%", "50%\\r60%"),
        ("\u202eabc\u200b\u3164", "\\u202eabc\\u200b\\u3164"),
        ("\ud800", "\\ud800"),
    ],
)
def test_colors_stay_and_nothing_else_does(text: str, shown: str) -> None:
    assert say.harmless(text) == shown


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_nothing_but_colors_and_line_ends_is_left(text: str) -> None:
    shown = say.COLOR.sub("", say.harmless(text)).replace("\n", "").replace("\t", "")

    assert all(c == " " or c.isprintable() for c in shown)


def test_harmless_twice_is_harmless_once() -> None:
    once = say.harmless("\x1b[2J\u202e\x1b[31mx")

    assert say.harmless(once) == once


def test_a_line_is_one_line_and_a_text_has_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    say.show("a\nb", "c")
    say.show("a\nb\n", end="")
    say.tell("a\n::error::b")

    captured = capsys.readouterr()
    assert captured.out == "a\\nb\nc\na\nb\n"
    assert captured.err == "a\\n::error::b\n"


def test_a_log_keeps_its_colors_and_nothing_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(os.environ["XDG_STATE_HOME"]) / "deployer" / "local" / "demo"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "state.json").write_text("{}", encoding="utf-8")
    log = "\x1b[32mgreen\x1b[0m\n\x1b]52;c;eA==\x07x\n10%\r20%\n"
    (folder / "engine.log").write_text(log, encoding="utf-8", newline="")
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)

    assert main(["logs", "demo"]) == 0
    assert capsys.readouterr().out == ("\x1b[32mgreen\x1b[0m\n\\x1b]52;c;eA==\\x07x\n10%\n20%\n")
