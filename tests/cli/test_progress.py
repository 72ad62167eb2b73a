"""What a person sees of something long, without a terminal; and how this program is called."""

from __future__ import annotations

import sys
import threading

import pytest

from deployer.cli import progress
from deployer.cli.naming import program
from deployer.cli.progress import PhaseLines, Steps
from deployer.event import Event


def test_phases_are_lines_and_progress_is_told_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "QUIET", 10.0)
    now, over = [0.0], threading.Event()
    over.set()  # or a machine on which this takes ten seconds draws a line more
    with PhaseLines(clock=lambda: now[0], over=over) as lines:
        lines.tell(Event(0, "load", "started", "waiting"))
        lines.tell(Event(0, "load", "progress", "too soon", 1.0))
        now[0] = 12.0
        lines.tell(Event(0, "load", "progress", "[log] line", 12.0))
        lines.tell(Event(0, "load", "done", "healthy", 20.0))
        lines.tell(Event(0, "warmup", "progress", "chat", 0.25))
        lines.tell(Event(0, "ended", "failed", "it died", 1.0, ("the log's end",)))
    captured = capsys.readouterr()

    assert captured.out == ""
    assert captured.err == (
        "  … load       12.0 s  [log] line\n"
        "  ✓ load       20.0 s  healthy\n"
        "    warmup     0.25 s  chat\n"
        "  ✗ ended       1.0 s  it died\n"
        "      the log's end\n"
    )


def test_a_step_ends_with_the_last_that_it_told(capsys: pytest.CaptureFixture[str]) -> None:
    with PhaseLines() as lines:
        steps = Steps(lines, "engine")
        steps("1.52 GB in 108 s", 1.0)
        steps.done()

    assert "✓ engine" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("called", "path", "words"),
    [
        (".venv/bin/deployer", "/nowhere", ".venv/bin/deployer"),
        ("/x/deployer/__main__.py", "/nowhere", "deployer"),
    ],
)
def test_it_names_the_words_that_call_it_again(
    called: str, path: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [called])
    monkeypatch.setenv("PATH", path)

    assert program() == words
