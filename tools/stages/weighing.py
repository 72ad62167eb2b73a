"""Weighs tests by what they compute, so that a heavy one is heavy on every machine.

`-p tools.stages.weighing`: what a test and its processes computed is divided by what a fixed loop
took beside it, in CPU time both, and noted with the test's result (:mod:`tools.stages.tally` reads
it there). A slow or a busy machine slows both down. Nothing fails of it.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator

import pytest

LOOPS = "loops"
"""The name of the note."""

_TURNS = 100_000
"""Of one loop: 3.2 ms on an idle core of the machine where the tests were timed (Python 3.11)."""

_WORTH_WEIGHING = 0.1
"""CPU seconds below which no loop is run: several thousand tests are far below it."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Note how heavy a test is, where it is worth it."""
    before = _computed()
    try:
        return (yield)
    finally:
        spent = _computed() - before
        if spent > _WORTH_WEIGHING:
            item.user_properties.append((LOOPS, round(spent / _loop())))


def _loop() -> float:
    """Give the CPU seconds of the loop: the least of three, since a first one may be cold."""
    return min(_once() for _ in range(3))


def _once() -> float:
    before, total = time.process_time(), 0
    for turn in range(_TURNS):
        total += turn % 7
    return max(time.process_time() - before, 1e-6)


def _computed() -> float:
    """Give the CPU seconds of this process and of those that it started and waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
