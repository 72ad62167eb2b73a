"""A start may take hours, so nothing ends one that hangs.

Why it hurts: a container that hangs while it starts costs its GPUs until the bound: 24 hours of
8 B200 are $1,200. Without a `startup_timeout` Modal itself takes `timeout`, which is up to a day;
here it follows from `lifecycle`, so it need not be stated.

Instead of ``-`` write ``+``::

      modal:
        timeout: 86400
    + lifecycle:
    -   startup_timeout: 86400
    +   startup_timeout: 1800

Source: Modal client 1.6.4 ``_functions.py:1082`` (`startup_timeout or timeout`); the longest bound
in Modal's own examples is three hours (``deepseek_v4.py``, 8 B200).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.startup import LONGEST
from deployer.facts.prices import per_hour
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for bounds beyond what any start needs."""
    modal, life = case.profile.modal, case.profile.lifecycle
    if modal is not None and (modal.startup_timeout or 0) > LONGEST:
        yield _problem(case, ("modal", "startup_timeout"), float(modal.startup_timeout or 0))
    if (life.startup_timeout or 0) > LONGEST:
        yield _problem(case, ("lifecycle", "startup_timeout"), float(life.startup_timeout or 0))
    if life.warmup_timeout > LONGEST:
        yield _problem(case, ("lifecycle", "warmup_timeout"), life.warmup_timeout)


def _problem(case: Case, path: tuple[str, str], seconds: float) -> Problem:
    hour = (
        per_hour(case.profile.hardware.gpu, case.profile.hardware.count)
        if case.profile.modal
        else None
    )
    cost = f", at ${hour:.0f} an hour" if hour else ""
    remedy = "leave it out: it follows from `lifecycle`, with a margin"
    return Problem(
        path,
        f"a start that hangs ends only after {seconds / 3600:.0f} hours{cost}",
        remedy
        if path[0] == "modal"
        else "leave it out: 1800 s, or what reading the model takes twice",
    )


RULE = Rule(
    "startup-unbounded", Severity.WARNING, find, link="https://modal.com/docs/guide/timeouts"
)
