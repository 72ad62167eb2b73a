"""Attention is to be divided by requests, and nothing says over how many ranks.

Why it hurts: the engine turns it off without a word: the KV cache is a copy on every GPU, and holds
an eighth of what was meant.

Instead of ``-`` write ``+``::

      parallel:
    +   dp: 8
        dp_attention: true

Source: SGLang 0.5.10.post1 ``srt/server_args.py:2634``: with a dp_size of 1 it is set to False.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

SIZES = ("attn-dp-size", "data-parallel-size")


def find(case: Case) -> Iterator[Problem]:
    """Look for attention data parallelism with one rank."""
    parallel = case.profile.parallel
    if any(name in case.profile.engine.args for name in SIZES):
        return
    if parallel.dp_attention and (parallel.dp or 1) == 1:
        yield Problem(
            ("parallel", "dp_attention"),
            "with one rank the engine turns it off, and the KV cache is a copy on every GPU",
            "set `dp`, such as to the number of GPUs",
        )


RULE = Rule(
    "attention-parallel-without-ranks",
    Severity.WARNING,
    find,
    link="https://docs.sglang.io/advanced_features/dp_dpa_smg_guide.html",
)
