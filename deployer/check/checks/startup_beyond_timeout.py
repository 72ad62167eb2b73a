"""A container's start may not take as long as its parts.

Why it hurts: Modal ends the container in the middle of loading or warming up, and starts the next
one, which meets the same end, at the price of a GPU hour each time.

Instead of ``-`` write ``+``::

    - modal:
    -   startup_timeout: 600
      lifecycle:
        startup_timeout: 1800

Source: Modal client 1.6.4 ``_functions.py``: startup_timeout bounds enter hooks and readiness.
https://modal.com/docs/guide/timeouts
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import launch_and_warmup
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the container's budget with the budgets of its parts."""
    if case.profile.modal is None or case.profile.modal.startup_timeout is None:
        return
    parts = launch_and_warmup(case.timed)
    if case.profile.modal.startup_timeout < parts:
        yield Problem(
            ("modal", "startup_timeout"),
            f"{case.profile.modal.startup_timeout} s for the whole start is less than "
            f"{parts:g} s for launch and warm-up (`lifecycle`)",
            "leave it out: it follows from `lifecycle`, with a margin",
        )


RULE = Rule("startup-beyond-timeout", Severity.ERROR, find)
