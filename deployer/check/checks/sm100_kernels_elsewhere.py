"""Kernels that exist for SM100 (B200) only are asked for on another GPU.

Why it hurts: SGLang accepts the flags on any GPU and fails when it builds the kernels, after
loading hundreds of gigabytes of weights.

Instead of::

    hardware:
      gpu: H200
      count: 8
    moe:
      runner: flashinfer_trtllm

Write::

    hardware:
      gpu: H200
      count: 8
    moe:
      runner: auto

Source: SGLang 0.5.10.post1 ``srt/server_args.py:1445-1487``; measured: its own resolution lets them
through on H200.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/server_args.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

SM100 = frozenset({"B200", "B300"})
"""GPU types of compute capability 10.x."""

ONLY_SM100 = {
    ("kernels", "decode"): "trtllm",
    ("kernels", "prefill"): "trtllm",
    ("moe", "runner"): "flashinfer_trtllm",
}


def find(case: Case) -> Iterator[Problem]:
    """Look for the kernels that need SM100 where the GPU is another."""
    if case.profile.hardware.gpu in SM100:
        return
    for (section, field), value in ONLY_SM100.items():
        if getattr(getattr(case.profile, section), field) == value:
            yield Problem(
                (section, field),
                f"`{value}` needs SM100 (B200), and the replica has {case.profile.hardware.gpu}",
                "leave it out: the engine chooses for the hardware",
            )


RULE = Rule("sm100-kernels-elsewhere", Severity.ERROR, find)
