"""The engine is told to end at once where it would let requests finish.

Why it hurts: `SGL_FORCE_SHUTDOWN` makes the engine leave its requests when it is asked to stop, so
the drain budget is never used and every stream breaks off at each scale-down.

Instead of ``-`` write ``+``::

    - engine:
    -   env:
    -     SGL_FORCE_SHUTDOWN: "1"
      lifecycle:
        drain_timeout: 25

Source: measured in the wheels of 0.5.9, 0.5.10.post1 and 0.5.23:
``managers/tokenizer_manager.py``, ``sigterm_watchdog``.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.behaviour.stated import is_on
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for the variable beside a budget."""
    found = case.said.variable("SGL_FORCE_SHUTDOWN")
    drain = case.profile.lifecycle.drain_timeout
    if found is not None and is_on(found) and drain > 0:
        yield Problem(
            found.path,
            f"requests in flight are left at once, and not drained for {drain:g} s",
            "take it out, or write `lifecycle.drain_timeout: 0`",
        )


RULE = Rule(
    "drain-skipped",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/managers/tokenizer_manager.py",
)
