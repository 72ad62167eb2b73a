"""GLM-5 in NVFP4 speculates on B300 with all-reduce fusion over MNNVL.

Why it hurts: a CUDA illegal memory access in `trtllm_mnnvl_allreduce_fusion` ends the server. From
0.5.14 on `auto` means MNNVL on B200 and B300.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
        args:
    -     flashinfer-allreduce-fusion-backend: mnnvl
    +     flashinfer-allreduce-fusion-backend: trtllm
      model:
        repo: nvidia/GLM-5.1-NVFP4
      hardware:
        gpu: B300
        count: 8
      speculative:
        algorithm: EAGLE

Source: sgl-project/sglang#29485 (read: June 2026, a fix for one node of B300 that was closed
without a merge). The other backend as the remedy is an inference: upstream does not say so.
"""

from __future__ import annotations

from deployer.check.rule import Engines, Rule, at, drafting, one_of
from deployer.finding import Severity

RULE = Rule(
    "mnnvl-fusion-on-b300",
    Severity.WARNING,
    at(
        lambda case: one_of(case.resolved.allreduce_fusion, "mnnvl"),
        "all-reduce fusion over MNNVL may crash on B300 with speculation",
        "write `flashinfer-allreduce-fusion-backend: trtllm` under `engine.args`, "
        "or `kernels.allreduce_fusion: false`",
        when=lambda case: drafting(case) and case.resolved.nodes == 1,
    ),
    link="https://github.com/sgl-project/sglang/pull/29485",
    engines=Engines("0.5.14"),
    gpus=("B300",),
    models=("GLM-5*FP4*",),
    inferred=True,
)
