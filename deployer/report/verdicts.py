"""Verdicts as lines for a terminal, and as JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from deployer.codec import encode
from deployer.report.envelope import envelope
from deployer.verify.verdict import Outcome, Verdict
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MARKS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "–", Outcome.UNSEEN: "?"}  # noqa: RUF001 - a dash
ASCII_MARKS = {Outcome.PASSED: "+", Outcome.FAILED: "x", Outcome.SKIPPED: "-", Outcome.UNSEEN: "?"}
COLOURS = {Outcome.PASSED: "32", Outcome.FAILED: "31", Outcome.SKIPPED: "2", Outcome.UNSEEN: "33"}

NAME_WIDTH = 13
INDENT = " " * 4


def text(verdicts: Sequence[Verdict], *, color: bool = False, encoding: str = "utf-8") -> str:
    """Write every verdict and, in the last line, the count; with a line end.

    What ``encoding`` cannot carry is replaced: marks by ASCII marks, other characters by escapes.
    """
    lines = [line(verdict, color=color, encoding=encoding) for verdict in verdicts]
    return "\n".join([*lines, summary(verdicts)]) + "\n"


def line(verdict: Verdict, *, color: bool = False, encoding: str = "utf-8") -> str:
    """Write one verdict without the line end: one line, and below it what explains a failure."""
    mark = _mark(verdict.outcome, encoding)
    head = f"{mark} {verdict.probe.ljust(NAME_WIDTH)}"
    if color:
        head = f"\x1b[{COLOURS[verdict.outcome]}m{head}\x1b[0m"
    latency = " " * 9 if verdict.outcome is Outcome.SKIPPED else f"{verdict.seconds:7.2f} s"
    lines = [f"{head} {latency}  {_plain(_said(verdict))}", *_below(verdict)]
    return "\n".join(lines).encode(encoding, "backslashreplace").decode(encoding)


def summary(verdicts: Iterable[Verdict]) -> str:
    """Count the outcomes: ``10 passed, 1 failed, 1 skipped in 3.2 s``."""
    verdicts = tuple(verdicts)
    counts = Counter(verdict.outcome for verdict in verdicts)
    words = ", ".join(f"{counts[each]} {each}" for each in Outcome if counts[each])
    seconds = sum(verdict.seconds for verdict in verdicts)
    return f"{words or 'nothing was asked'} in {seconds:.1f} s"


def to_json(verdicts: Iterable[Verdict], unnoted: str = "") -> str:
    """Write the verdicts and their counts as JSON, with a line end. Times are in seconds.

    ``unnoted`` says why what was found could not be kept, '' where it was or need not be.
    """
    verdicts = tuple(verdicts)
    counts = Counter(verdict.outcome for verdict in verdicts)
    value = {
        **{str(outcome): counts[outcome] for outcome in Outcome},
        "seconds": sum(verdict.seconds for verdict in verdicts),
        "verdicts": encode(verdicts),
        "unnoted": unnoted,
    }
    return envelope(value)


def _mark(outcome: Outcome, encoding: str) -> str:
    try:
        MARKS[outcome].encode(encoding)
    except UnicodeEncodeError:
        return ASCII_MARKS[outcome]
    return MARKS[outcome]


def _said(verdict: Verdict) -> str:
    if verdict.outcome is Outcome.PASSED:
        return "; ".join(verdict.checked)
    if verdict.outcome is Outcome.SKIPPED:
        return f"skipped: {verdict.message}"
    if verdict.outcome is Outcome.UNSEEN:
        return f"not seen: {verdict.message}"
    return verdict.message


def _below(verdict: Verdict) -> list[str]:
    if verdict.outcome not in {Outcome.FAILED, Outcome.UNSEEN}:
        return []
    hint = [f"{INDENT}hint: {_plain(verdict.hint)}"] if verdict.hint else []
    detail = [f"{INDENT}| {_plain(each)}" for each in verdict.detail]
    held = [f"{INDENT}held: {_plain('; '.join(verdict.checked))}"] if verdict.checked else []
    return [*hint, *detail, *held]


def _plain(words: str) -> str:
    """Escape control characters, which a server may have sent to move the reader's cursor."""
    return visible(words)
