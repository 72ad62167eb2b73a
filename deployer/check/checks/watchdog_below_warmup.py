"""The engine's watchdog ends it before a slow warm-up request may.

Why it hurts: the first requests compile kernels, and one forward batch can take minutes. The
watchdog ends the engine in the middle of it, though the warm-up would have waited.

Instead of ``-`` write ``+``::

      observability:
    -   watchdog_timeout: 60
    +   watchdog_timeout: 1200
      lifecycle:
        warmup_timeout: 300

Source: SGLang 0.5.10.post1 ``managers/scheduler.py:406``: the watchdog covers forward batches once
the weights are loaded; its default is 300 s.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import warmup_kinds
from deployer.finding import Severity

OWN = 300.0
"""Seconds of the engine's own watchdog (``--watchdog-timeout``, 0.5.9 to 0.5.23)."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the watchdog with the budget of one warm-up request."""
    stated, warmup = (
        case.profile.observability.watchdog_timeout,
        case.profile.lifecycle.warmup_timeout,
    )
    watchdog = OWN if stated is None else stated
    if watchdog < warmup and warmup_kinds(case.profile):
        own = ("lifecycle", "warmup_timeout")
        yield Problem(
            own if stated is None else ("observability", "watchdog_timeout"),
            f"the engine ends itself after a batch of {watchdog:g} s, and a warm-up request may "
            f"take {warmup:g} s",
            f"write `observability.watchdog_timeout: {warmup:g}`, or lower "
            "`lifecycle.warmup_timeout`",
        )


RULE = Rule(
    "watchdog-below-warmup",
    Severity.WARNING,
    find,
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
