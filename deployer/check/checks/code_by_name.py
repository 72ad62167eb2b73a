"""The profile names code that the engine imports and runs.

Why it hurts: whoever writes such a profile runs code on your GPUs, with the model, every prompt and
the API key within reach, and a review sees a name and not the code.

Instead of ``-`` write ``+``::

      engine:
        args:
    -     custom-weight-loader: somebody.package.load
    +     enable-mixed-chunk: true

Source: the options and variables in ``deployer/facts/sglang/powers.py``; SGLang 0.5.23
``srt/model_loader/weight_utils.py`` and ``srt/plugins/``.
https://github.com/sgl-project/sglang/blob/v0.5.23/python/sglang/srt/server_args.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.powers import problems
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.powers import Power
from deployer.finding import Severity

HINT = "take it out, or allow it with the reason once you have read the code"


def find(case: Case) -> Iterator[Problem]:
    """Look at options and variables."""
    return problems(case, HINT, Power.CODE)


RULE = Rule("code-by-name", Severity.WARNING, find)
