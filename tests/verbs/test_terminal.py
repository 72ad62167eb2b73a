"""What every verb shows in a pipe, in a terminal that wants no colors, and in a narrow one."""

from __future__ import annotations

import io
import shlex
import sys
from pathlib import Path

import pytest

from deployer.cli.main import VERBS, main
from deployer.report.narrow import narrowed
from tests.verbs.cells import Cell
from tests.verbs.circumstances import no_network
from tests.verbs.table import TABLE

WIDTH = 40

AS_IT_IS = {"check", "compile", "completion", "eject", "import", "init", "schema"}
"""Verbs whose result is copied, read again, or points with a caret at a line of a file."""

TABLES = (
    "diff here.yaml modal.yaml", "explain unknown-key", "explain", "lock --check modal.yaml",
    "upgrade modal.yaml --engine 0.5.23", "plan --offline modal.yaml", "plan here.yaml",
    "timeline demo", "status --offline", "fit modal.yaml", "cost modal.yaml", "catalogue list",
    "check --verbose modal.yaml", "check old/old.yaml", "compile modal.yaml", "drift modal.yaml",
)  # fmt: skip
"""Results beside those that the table of verbs has."""

CALLS = sorted(
    {*TABLES}
    | {
        cell.words
        for row in TABLE.values()
        if isinstance(cell := row["no network"], Cell) and cell.code == 0
    }
)


class Terminal(io.StringIO):
    """Takes what is written for a terminal, whose width the environment says."""

    def isatty(self) -> bool:
        return True


def shown(words: str, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    """Give the exit code of a call, and what it writes to stdout and stderr."""
    talk = type(stream)()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", talk)
    code = main(shlex.split(words))
    return code, stream.getvalue(), talk.getvalue()


def test_most_verbs_show_something_here() -> None:
    called = {words.split()[0] for words in CALLS}

    assert called <= {*VERBS}
    assert len(called) >= 18
    assert len(called - AS_IT_IS) >= 12


@pytest.mark.parametrize("words", CALLS)
def test_it_is_plain_in_a_pipe_and_no_wider_than_a_terminal(
    words: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    with no_network(here):
        piped = shown(words, io.StringIO(), monkeypatch)
        monkeypatch.setenv("NO_COLOR", "1")
        plain = shown(words, Terminal(), monkeypatch)
        monkeypatch.setenv("COLUMNS", str(WIDTH))
        code, narrow, talk = shown(words, Terminal(), monkeypatch)

    assert piped[0] == plain[0] == code
    assert piped[1] + piped[2]
    for text in (*piped[1:], *plain[1:], narrow, talk):
        assert not {"\x1b", "\r"} & {*text}
    if words.split(maxsplit=1)[0] in AS_IT_IS:
        assert narrow == plain[1]
    else:
        assert [line for line in narrow.splitlines() if narrowed(line, WIDTH) != line] == []
        assert "".join(narrow.split()) == "".join(plain[1].split())
