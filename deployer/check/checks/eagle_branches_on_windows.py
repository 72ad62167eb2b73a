"""A draft with several branches on a model with sliding windows, with FlashAttention 3.

Why it hurts: the pages of the branches are looked up in the wrong pool: an illegal memory access,
which ends the server under load.

Instead of ``-`` write ``+``::

      model:
        repo: openai/gpt-oss-120b
      engine:
        version: 0.5.11
      hardware:
        gpu: H100
        count: 2
      speculative:
        algorithm: EAGLE3
    -   num_steps: 5
    +   num_steps: 3
    -   eagle_topk: 8
    +   eagle_topk: 1
    -   num_draft_tokens: 60
        draft_model: /model-cache/eagle3

Source: sgl-project/sglang#24402 and its pull request 24617 (read: merged; gpt-oss, FA3, EAGLE3 with
8 branches); in the wheels ``flashattention_backend.py`` translates these pages from 0.5.12 on. FA3
is what gpt-oss takes by itself on Hopper (0.5.11 ``server_args.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for branches where FA3 is taken."""
    branches = case.said.number("--speculative-eagle-topk") or 1
    if branches > 1 and case.said.value("--attention-backend") in {"", "fa3"}:
        tokens = case.said.has("--speculative-num-draft-tokens")
        more = ", and leave `num_draft_tokens` out" if tokens else ""
        yield Problem(
            ("speculative", "eagle_topk"),
            f"{branches} branches read beyond the pool of windows on FA3 before SGLang 0.5.12",
            f"write `eagle_topk: 1`{more}, or `kernels.attention: triton`, or take 0.5.12 or later",
        )


RULE = Rule(
    "eagle-branches-on-windows",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/pull/24617",
    engines=Engines(before="0.5.12"),
    gpus=("sm90",),
    architectures=("GptOssForCausalLM",),
)
