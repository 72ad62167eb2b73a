"""Long prompts over a long cached prefix, with GLM-5 in NVFP4 on `flashinfer_trtllm` experts.

Why it hurts: more than 16,000 new tokens on top of 100,000 cached ones crashed the experts' kernels
on 8 B200, with one request running: eight times in a day. Fewer new tokens at once did not.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.15.post1
      model:
        repo: nvidia/GLM-5.2-NVFP4
      hardware:
        gpu: B200
        count: 8
      schedule:
    -   chunked_prefill_size: 32768
    +   chunked_prefill_size: 8192

Source: sgl-project/sglang#29160 (read: open, 0.5.15.post1) and flashinfer-ai/flashinfer#3722 (read:
closed). Smaller chunks are an inference: upstream does not say so. So is the range: FlashInfer is
0.6.12 from 0.5.13 to 0.5.15.post1, as measured in the wheels.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.behaviour.experts import TRTLLM
from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

MOST = 16_000
"""New tokens at once from which it was seen."""

OWN = 16_384
"""SGLang's own chunk on B200 and B300 (0.5.10.post1 ``server_args.py:1281-1328``)."""


def find(case: Case) -> Iterator[Problem]:
    """Look at the chunk of a long prompt, stated or the engine's own; -1 is no chunks at all."""
    stated = case.said.option("--chunked-prefill-size")
    tokens = case.said.number("--chunked-prefill-size") if stated is not None else OWN
    small = tokens is not None and 0 < tokens <= MOST
    if case.resolved.moe_runner_backend.value in TRTLLM and not small:
        yield Problem(
            stated.path if stated is not None else ("schedule", "chunked_prefill_size"),
            "chunks above 16,000 tokens over a long cached prefix crashed these experts",
            "write 8192, or experts on `flashinfer_cutlass`, which are slower",
        )


RULE = Rule(
    "nvfp4-long-prefill",
    Severity.NOTE,
    find,
    link="https://github.com/sgl-project/sglang/issues/29160",
    engines=Engines("0.5.13", "0.5.16"),
    gpus=("sm100",),
    models=("GLM-5*FP4*",),
    inferred=True,
)
