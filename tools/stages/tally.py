"""Counts what pytest ran, from the file in which it says so."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET  # we read only what our own pytest has just written


def tally(junit: Path) -> tuple[int, int, Counter[str]]:
    """Give how many passed, how many failed, and how many were skipped, by reason.

    A test whose teardown fails has passed and failed. Raises OSError or ValueError where pytest
    did not come to write its results.
    """
    try:
        root = ET.parse(junit).getroot()  # noqa: S314 - as above
    except ET.ParseError as error:
        raise ValueError(str(error)) from error
    passed = failed = 0
    skipped: Counter[str] = Counter()
    for case in root.iter("testcase"):
        said = {part.tag: part for part in case}
        if "failure" in said or "error" in said:
            failed += 1
        elif "skipped" in said:
            skipped[said["skipped"].get("message", "") or "no reason given"] += 1
        else:
            passed += 1
    return passed, failed, skipped
