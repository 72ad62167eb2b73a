"""The time of a phase goes on by itself, whether or not anything happens in it."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console
from rich.status import Status

from deployer.cli import progress
from deployer.cli.progress import PhaseLines, Running
from deployer.event import Event

QUIET = 10.0


@pytest.fixture(autouse=True)
def own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here time is made up, and so what it is measured by stays in every condition."""
    monkeypatch.setattr(progress, "QUIET", QUIET)


class Clock:
    """A clock whose waiting is its only time; it is over after some waits."""

    def __init__(self, waits: int, between: Callable[[int], None] = lambda _at: None) -> None:
        self.now = 0.0
        self._waits = waits
        self._between = between
        self.asked: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, timeout: float) -> bool:
        self._between(len(self.asked))
        if len(self.asked) == self._waits:
            return True
        self.asked.append(timeout)
        self.now += timeout
        return False

    def set(self) -> None:
        """Nothing: it ends by itself."""


def test_a_line_comes_every_ten_seconds_though_nothing_happens(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines: list[PhaseLines] = []

    def once(at: int) -> None:
        if at == 0:
            lines[0].tell(Event(0, "pip", "progress", "torch 2.9", 0.0))

    clock = Clock(3, once)
    lines.append(PhaseLines(clock, clock))
    with lines[0]:
        pass

    assert clock.asked == [QUIET] * 3
    assert capsys.readouterr().err.splitlines() == [
        "  … pip        10.0 s  torch 2.9",
        "  … pip        20.0 s  torch 2.9",
        "  … pip        30.0 s  torch 2.9",
    ]


def test_nothing_is_said_where_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock(3)
    with PhaseLines(clock, clock):
        pass

    assert capsys.readouterr().err == ""


def test_a_terminal_shows_the_time_of_each_refresh() -> None:
    now = [100.0]
    running = Running("train", 100.0, "step 3 [of 9]", lambda: now[0])
    screen = io.StringIO()
    console = Console(file=screen, width=60, force_terminal=True, color_system=None)
    status = Status(running, console=console)
    seen = []
    for now[0] in (100.0, 148.0):
        console.print(status.renderable)
        seen.append(screen.getvalue().splitlines()[-1].rstrip())

    assert [line[2:] for line in seen] == [
        "train  0 s  step 3 [of 9]",
        "train  48 s  step 3 [of 9]",
    ]


def test_a_terminal_gets_one_line_however_long_the_message() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=60, force_terminal=True, color_system=None)
    console.print(Status(Running("load", 0, "x" * 500, lambda: 1.0), console=console).renderable)

    assert len(screen.getvalue().splitlines()) == 1


@pytest.mark.parametrize("state", ["progress", "done"])
def test_what_an_engine_says_does_nothing_to_a_terminal(
    state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    with PhaseLines(clock=lambda: now[0]) as lines:
        now[0] = QUIET
        said = "a\n::error::b\x1b]52;c;eA==\x07\u202e"
        lines.tell(Event(0, "load", state, said, 1.0, (said,)))
    captured = capsys.readouterr().err

    assert "\\n::error::b\\x1b]52;c;eA==\\x07\\u202e" in captured
    assert "\x1b" not in captured
    assert "\u202e" not in captured
