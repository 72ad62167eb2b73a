"""MiniMax-M2's NVFP4 experts on TRT-LLM's kernels.

Why it hurts: these kernels route by themselves, and the model does not tell them how: the server
starts, answers 200, and writes replacement characters, the same ones at temperature 0.

Instead of ``-`` write ``+``::

      model:
        repo: nvidia/MiniMax-M2.7-NVFP4
      engine:
        version: 0.5.12
      hardware:
        gpu: B200
      moe:
    -   runner: flashinfer_trtllm
    +   runner: flashinfer_cutlass

Source: sgl-project/sglang#26324 (read: 8 B200, 0.5.12 and 0.5.12.post1, TP 8 and TP 1;
`flashinfer_cutlass`, as NVIDIA's card has it, is right; closed as inactive). In 0.5.9 to 0.5.23
``models/minimax_m2.py`` gives its experts no ``routing_method_type``. That releases after
0.5.12.post1 do the same is an inference: upstream does not say so.
"""

from __future__ import annotations

from deployer.behaviour.experts import TRTLLM
from deployer.check.families import is_nvfp4
from deployer.check.rule import Engines, Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "minimax-nvfp4-trtllm-experts",
    Severity.ERROR,
    at(
        lambda case: one_of(case.resolved.moe_runner_backend, *TRTLLM),
        "`{value}` corrupts the answers of MiniMax-M2's NVFP4 experts",
        "write `flashinfer_cutlass`",
        when=is_nvfp4,
    ),
    link="https://github.com/sgl-project/sglang/issues/26324",
    engines=Engines("0.5.12"),
    gpus=("sm100",),
    architectures=("MiniMaxM2ForCausalLM",),
)
