"""The number of draft tokens contradicts the number of draft steps.

Why it hurts: with one branch a draft of N steps has N tokens, and the engine verifies them with the
one that follows: any other number is either changed silently or refused after loading.

Instead of ``-`` write ``+``::

      speculative:
        algorithm: EAGLE
        num_steps: 3
        eagle_topk: 1
    -   num_draft_tokens: 8
    +   num_draft_tokens: 4

Source: SGLang 0.5.10.post1 ``srt/server_args.py``: topk 1 forces draft tokens = steps + 1.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/server_args.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare draft tokens with steps where the draft has one branch."""
    spec = case.profile.speculative
    if spec is None or spec.eagle_topk != 1 or spec.num_steps is None:
        return
    right = spec.num_steps + 1
    if spec.num_draft_tokens is not None and spec.num_draft_tokens != right:
        yield Problem(
            ("speculative", "num_draft_tokens"),
            f"with `eagle_topk: 1`, {spec.num_steps} steps make {right} draft tokens, "
            f"not {spec.num_draft_tokens}",
            f"write {right}, or change `num_steps`",
        )


RULE = Rule("draft-tokens-contradict", Severity.ERROR, find)
