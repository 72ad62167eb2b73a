"""A draft with several branches, on a KV cache with pages that cannot hold them.

Why it hurts: SGLang refuses it when it starts: branches share pages, and the answers would be
wrong. Sparse attention and FlashMLA force pages of 64 tokens.

Instead of ``-`` write ``+``::

      kernels:
        attention: nsa
      speculative:
        algorithm: EAGLE
        num_steps: 3
    -   eagle_topk: 4
    +   eagle_topk: 1
    -   num_draft_tokens: 8

Source: SGLang 0.5.10.post1 ``srt/server_args.py:3094``: "unstable and produces incorrect results";
0.5.23 ``speculative_hook.py`` takes flashinfer, fa3 and triton.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import DRAFTS_BY_STEPS
from deployer.finding import Severity

BRANCHING = frozenset({None, "flashinfer", "fa3", "triton"})
"""Kernels that take branches on pages, in some release; None is what the engine chooses."""


def find(case: Case) -> Iterator[Problem]:
    """Look for several branches on large pages."""
    spec, page = case.profile.speculative, case.resolved.page_size.value or 1
    if spec is None or spec.algorithm not in DRAFTS_BY_STEPS or (spec.eagle_topk or 1) == 1:
        return
    kernels = (
        "sparse attention"
        if case.resolved.sparse_attention
        else f"`{case.profile.kernels.attention}`"
    )
    if page > 1 and (
        case.resolved.sparse_attention or case.profile.kernels.attention not in BRANCHING
    ):
        yield Problem(
            ("speculative", "eagle_topk"),
            f"{spec.eagle_topk} branches do not go together with the pages of {page} tokens that "
            f"{kernels} has",
            "write `eagle_topk: 1`, and leave `num_draft_tokens` out",
        )


RULE = Rule(
    "draft-branches-on-pages",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/speculative_decoding.html",
)
