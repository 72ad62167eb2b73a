"""Neither a catalogued release of SGLang nor a list here knows this variable.

Why it hurts: nothing says what reads it. It can be a slip of the pen, and then it does nothing; it
can be a setting of a library, or one that runs code.

Instead of ``-`` write ``+``::

      engine:
        env:
    -     SGLNAG_LOG_LEVEL: info
    +     NCCL_DEBUG: WARN

Source: the variables that each release declares in ``srt/environ.py``, in
``deployer/facts/sglang/``, and ``deployer/facts/sglang/powers_variables.py``.
https://github.com/sgl-project/sglang/blob/v0.5.23/python/sglang/srt/environ.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.powers import problems
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.powers import Power
from deployer.finding import Severity

HINT = "look whether its name is right; keep it if you know what reads it"


def find(case: Case) -> Iterator[Problem]:
    """Look at options and variables."""
    return problems(case, HINT, Power.UNKNOWN)


RULE = Rule("variable-unknown", Severity.NOTE, find)
