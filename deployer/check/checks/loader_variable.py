"""A variable decides what every program of the container loads, before the engine does anything.

Why it hurts: `LD_PRELOAD` and `PYTHONPATH` run code of a file that no review sees, in the engine
and in everything that it starts. The image brings its own libraries where they belong.

Instead of ``-`` write ``+``::

      engine:
        env:
    -     PYTHONPATH: /model-cache/extra
    +     NCCL_DEBUG: WARN

Source: ld.so(8), https://man7.org/linux/man-pages/man8/ld.so.8.html; Python's command line and
environment, https://docs.python.org/3/using/cmdline.html#environment-variables; the list in
``deployer/facts/sglang/powers_variables.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.powers import problems
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.powers import Power
from deployer.finding import Severity

HINT = "bring it with the image, or allow it with the reason"


def find(case: Case) -> Iterator[Problem]:
    """Look at options and variables."""
    return problems(case, HINT, Power.LOADER)


RULE = Rule("loader-variable", Severity.WARNING, find)
