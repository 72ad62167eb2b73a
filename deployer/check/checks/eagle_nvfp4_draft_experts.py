"""GLM-5 in NVFP4 drafts with its experts on `flashinfer_trtllm`.

Why it hurts: the draft layer is BF16, and its batched product now and then reads memory that is not
its own: an illegal memory access while graphs are captured, or every 3 to 12 hours under load.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.20
    +   args:
    +     speculative-moe-runner-backend: triton
      model:
        repo: nvidia/GLM-5.2-NVFP4
      hardware:
        gpu: B300
        count: 8
      speculative:
        algorithm: EAGLE

Source: sgl-project/sglang#30209 (read: open, July to September 2026; GLM-5.2 and 5.3, pinned to a
kernel by core dumps; a default of `triton` was proposed in 30210 and not merged), #31093 (read:
0.5.15 on 8 B200) and #32377. Other kernels for the draft alone are an inference: upstream does not
say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.behaviour.experts import TRTLLM
from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

FLAG = "--speculative-moe-runner-backend"


def find(case: Case) -> Iterator[Problem]:
    """Look at the draft's kernels: stated, or those of the model itself."""
    stated, drafting = case.said.option(FLAG), case.resolved.eagle
    runner = stated if stated is not None else case.resolved.moe_runner_backend
    if drafting.value and runner.value in TRTLLM:
        yield Problem(
            stated.path if stated is not None else drafting.path,
            "drafts of GLM-5 in NVFP4 may crash on `flashinfer_trtllm` experts",
            "write `speculative-moe-runner-backend: triton` under `engine.args`",
        )


RULE = Rule(
    "eagle-nvfp4-draft-experts",
    Severity.NOTE,
    find,
    link="https://github.com/sgl-project/sglang/issues/30209",
    engines=Engines("0.5.15"),
    gpus=("sm100",),
    models=("GLM-5*FP4*",),
    inferred=True,
)
