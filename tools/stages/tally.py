"""Counts what pytest ran, from the file in which it says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET  # we read only what our own pytest has just written

HEAVY = 200
"""Loops from which on a test is heavy: two thirds of a second of CPU where one took 3.2 ms."""


def tally(junit: Path) -> tuple[int, int, Counter[str]]:
    """Give how many passed, how many failed, and how many were skipped, by reason.

    A test whose teardown fails has passed and failed. Raises OSError or ValueError where pytest
    did not come to write its results.
    """
    passed = failed = 0
    skipped: Counter[str] = Counter()
    for case in _cases(junit):
        said = {part.tag: part for part in case}
        if "failure" in said or "error" in said:
            failed += 1
        elif "skipped" in said:
            skipped[said["skipped"].get("message", "") or "no reason given"] += 1
        else:
            passed += 1
    return passed, failed, skipped


def heavy(junit: Path) -> list[tuple[int, str]]:
    """Give the tests that compute much, the heaviest first: loops (:mod:`.weighing`), and name.

    Raises as :func:`tally` does.
    """
    found = [
        (int(note.get("value", "0")), f"{case.get('classname')}::{case.get('name')}")
        for case in _cases(junit)
        for note in case.iter("property")
        if note.get("name") == "loops"
    ]
    return sorted(((loops, name) for loops, name in found if loops >= HEAVY), reverse=True)


def _cases(junit: Path) -> Iterator[ET.Element]:
    try:
        root = ET.parse(junit).getroot()  # noqa: S314 - as above
    except ET.ParseError as error:
        raise ValueError(str(error)) from error
    return root.iter("testcase")
