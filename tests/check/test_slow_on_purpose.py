"""Input that is written to take long takes time in proportion to its size, counted in steps.

Steps are calls of Python functions, not seconds: the same on every machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from deployer.check.command import check_command
from deployer.check.run import load_checked
from deployer.facts.sglang.catalogue import load
from deployer.parse.launch import launch
from deployer.parse.read import MOST_ALIKE, MOST_WORDS
from deployer.report.findings import text, to_json

PROFILE = Path("profiles/b200-fp8-eagle.yaml").read_text(encoding="utf-8")
FIRST, SECOND = 60, 240
"""Both above the number of flags for which likely meanings are looked for."""


def steps(act: Callable[[], Any]) -> int:
    """Count the calls of Python functions that something makes."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count


def profile_with(number: int, line: str) -> str:
    lines = "".join(line.format(n) for n in range(number))
    assert "\n  args:\n" not in PROFILE
    return PROFILE.replace("engine:\n", f"engine:\n  args:\n{lines}", 1)


def told(findings: Any) -> None:
    text(findings, color=False)
    to_json(findings)


def check_profile(number: int, line: str) -> Callable[[], None]:
    written = profile_with(number, line)
    return lambda: told(load_checked(written, "p.yaml")[1])


def check_words(number: int, *words: str) -> Callable[[], None]:
    given = ["python3", "-m", "sglang.launch_server", "--model-path", "m"]
    given += [word.format(n) for n in range(number) for word in words]
    started = launch(tuple(given))
    assert started is not None
    return lambda: told(check_command(load("0.5.23"), started, lambda _path: ""))


@pytest.mark.parametrize(
    "make",
    [
        lambda number: check_profile(number, "    unknown-flag-{}: 1\n"),
        lambda number: check_profile(number, "    Bad_Key_{}: 1\n"),
        lambda number: check_words(number, "--unknown-{}"),
        lambda number: check_words(number, "--tp-size", "8"),
        lambda number: check_words(number, "stray{}"),
    ],
    ids=["unknown args", "bad keys", "unknown flags", "known flags", "stray words"],
)
def test_four_times_as_much_takes_at_most_about_four_times_the_steps(
    make: Callable[[int], Callable[[], None]],
) -> None:
    make(FIRST)()  # what is read once is read
    nothing = steps(make(1))
    first, second = steps(make(FIRST)) - nothing, steps(make(SECOND)) - nothing

    assert first > 0
    assert second < first * (SECOND / FIRST) * 1.3


def test_a_command_of_more_words_than_any_release_reads_is_not_read() -> None:
    started = launch(("sglang", "serve", *["--x"] * (MOST_WORDS + 1)))
    assert started is not None
    (found,) = check_command(load("0.5.23"), started, lambda _path: "")

    assert found.check == "too-many-words"
    assert "4,001 words" in found.message


def test_likely_meanings_are_looked_for_as_far_as_they_help() -> None:
    slips = [
        f"--max-running-{'requests'[:n]}{c}{'requests'[n:]}" for n in range(8) for c in "bcdfghj"
    ]
    words = ["--model-path", "m", *slips[: MOST_ALIKE + 5]]
    started = launch(("sglang", "serve", *words))
    assert started is not None
    found = check_command(load("0.5.23"), started, lambda _path: "")
    hints = [one.hint for one in found if one.check == "unknown-flag"]

    assert all("`--max-running-requests`" in hint for hint in hints[:MOST_ALIKE])
    assert hints[MOST_ALIKE:] == [""] * 5
    assert len(hints) == MOST_ALIKE + 5


def test_a_line_of_thousands_of_mistakes_is_not_repeated_with_each() -> None:
    words = ["--model-path", "m", *(f"--unknown-flag-number-{n}" for n in range(1_000))]
    started = launch(("sglang", "serve", *words))
    assert started is not None
    found = check_command(load("0.5.23"), started, lambda _path: "")

    assert len(found) == 1_000
    assert len(to_json(found)) < 1_000_000
