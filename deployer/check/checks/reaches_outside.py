"""The engine may run a repository's code, read or write a file, or reach an address.

Why it hurts: often it does not, and is what you want. It is said so that whoever lets a profile
through knows what it can do beside serving the model.

Instead of ``-`` write ``+``::

      model:
    -   trust_remote_code: true
    +   trust_remote_code: false

Source: the options and variables in ``deployer/facts/sglang/powers.py``.
https://github.com/sgl-project/sglang/blob/v0.5.23/python/sglang/srt/server_args.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.powers import problems
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.powers import Power
from deployer.finding import Severity

HINT = "leave it out where the model does without; pin what it names"


def find(case: Case) -> Iterator[Problem]:
    """Look at options and variables."""
    return problems(case, HINT, Power.REPOSITORY, Power.ADDRESS, Power.FILE)


RULE = Rule("reaches-outside", Severity.NOTE, find)
