"""One health call may take as long as the whole start.

Why it hurts: a call that hangs uses up the budget; the engine may be ready meanwhile, and nobody
asks again.

Instead of ``-`` write ``+``::

      lifecycle:
        startup_timeout: 300
    -   health_timeout: 300
    +   health_timeout: 25

Source: ``deployer/serve/ready.py`` asks one call after the other until the budget ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import startup
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare one health call, and the pause between two, with the budget of the start."""
    life, budget = case.profile.lifecycle, startup(case.timed)
    for name in ("health_timeout", "health_interval"):
        seconds: float = getattr(life, name)
        if seconds >= budget:
            yield Problem(
                ("lifecycle", name),
                f"{seconds:g} s are not less than the {budget:g} s of the start",
                "lower it, or leave it out",
            )


RULE = Rule(
    "health-call-beyond-start",
    Severity.ERROR,
    find,
    link="https://modal.com/docs/guide/timeouts",
)
