"""A health call is given up before the engine has answered it.

Why it hurts: SGLang answers `/health` by generating a token, for which it waits up to 20 s. A call
that is given up sooner reads a busy or starting engine as a dead one.

Instead of ``-`` write ``+``::

      lifecycle:
    -   health_timeout: 5
    +   health_timeout: 25

Source: SGLang 0.5.10.post1 ``srt/entrypoints/http_server.py``: SGLANG_HEALTH_CHECK_TIMEOUT is 20.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

VARIABLE = "SGLANG_HEALTH_CHECK_TIMEOUT"
ENGINE = 20.0
"""Seconds for which the engine's handler waits for a token, unless the variable says otherwise."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the time for one health call with the engine's own."""
    stated = case.profile.engine.env.get(VARIABLE, "")
    engine = float(stated) if stated.isdecimal() else ENGINE
    if (call := case.profile.lifecycle.health_timeout) < engine:
        yield Problem(
            ("lifecycle", "health_timeout"),
            f"a health call is given up after {call:g} s, and the engine may take {engine:g} s",
            f"write at least `lifecycle.health_timeout: {engine:g}`, or lower {VARIABLE} in "
            "`engine.env`",
        )


RULE = Rule(
    "health-call-cut-short",
    Severity.WARNING,
    find,
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
