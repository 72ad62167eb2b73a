"""All-reduce fusion where groups of GPUs hold the experts, and each group divides its own.

Why it hurts: with `ep` above 1 and below `tp`, what the experts give must be summed over both kinds
of group, and the fused kernel sums over one: every layer after it computes with a part. The server
is healthy and answers garbage; GSM8K 0 of 8 where it was 8 of 8.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.20
      model:
        repo: Qwen/Qwen3-235B-A22B
      hardware:
        gpu: H200
        count: 8
      parallel:
        ep: 2
    + kernels:
    +   allreduce_fusion: false

Source: sgl-project/sglang#32012 and 32511 (read: Qwen3-235B on 8 H200, TP 8 with EP 2, July 2026);
in the wheels ``layers/communicator.py`` asks for the experts' group from 0.5.11 on
(``use_attn_tp_group=False``), of which ``layers/flashinfer_comm_fusion.py`` takes one of two;
0.5.21 takes the whole TP group (``can_merge_post_experts_all_reduce``). 0.5.10 asks for the whole
one.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for fusion between groups of experts that are divided themselves."""
    ep, tp = case.said.number("--ep-size") or 1, case.said.number("--tp-size") or 1
    fusion = case.resolved.allreduce_fusion
    if 1 < ep < tp and fusion.value:
        yield Problem(
            fusion.path,
            f"all-reduce fusion with ep {ep} of tp {tp} sums over one of two kinds of group: "
            "the answers are garbage",
            "write `kernels.allreduce_fusion: false`, or `parallel.ep: "
            f"{tp}`, or take 0.5.21 or later",
        )


RULE = Rule(
    "fusion-with-partial-experts",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/pull/32012",
    engines=Engines("0.5.11", "0.5.21"),
    gpus=("sm90", "sm100"),
)
