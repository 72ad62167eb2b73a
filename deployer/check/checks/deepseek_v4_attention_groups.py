"""DeepSeek-V4 with data-parallel attention, of which each rank is several GPUs.

Why it hurts: what attention gives is the same on all GPUs of a rank, and was summed over them once
more: activations grow with every layer. The server is healthy and answers garbage.

Instead of ``-`` write ``+``::

      model:
        repo: sgl-project/DeepSeek-V4-Flash-FP8
      engine:
        version: 0.5.16
      hardware:
        gpu: H200
        count: 8
      parallel:
    -   dp: 4
    +   dp: 8
        dp_attention: true

Source: sgl-project/sglang#31699, mended by 31700 (read: merged), and 32609 (read: on 8 H20 DP 2 and
DP 4 of TP 8 are corrupted, DP 1 and DP 8 right); in the wheels ``models/deepseek_v4.py`` gathers
with ``dp_gather_replicate`` from 0.5.18 on. Only without an all-to-all backend.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Divide the GPUs by the ranks of attention."""
    parallel = case.profile.parallel
    ranks, tp = parallel.dp or 1, case.said.number("--tp-size") or 1
    if parallel.dp_attention and 1 < ranks < tp and not case.resolved.subject.all_to_all:
        yield Problem(
            ("parallel", "dp"),
            f"with dp {ranks} of tp {tp} DeepSeek-V4 answers garbage before SGLang 0.5.18",
            f"write `dp: {tp}`, or leave data-parallel attention out, or take 0.5.18 or later",
        )


RULE = Rule(
    "deepseek-v4-attention-groups",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/issues/31699",
    engines=Engines("0.5.12", "0.5.18"),
    architectures=("DeepseekV4ForCausalLM",),
)
