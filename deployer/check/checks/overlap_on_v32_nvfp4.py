"""DeepSeek-V3.2 in NVFP4 speculates with overlap (SpecV2), in a release that crashes so.

Why it hurts: `seqlens_k must have shape (batch_size)` ends the scheduler, or it hangs; without
overlap it does not.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.9
    -   env:
    -     SGLANG_ENABLE_SPEC_V2: "1"
      model:
        repo: nvidia/DeepSeek-V3.2-NVFP4
      hardware:
        gpu: B200
        count: 8
      speculative:
        algorithm: EAGLE

Source: sgl-project/sglang#18943 (read: 17 February 2026, closed; SpecV1 did not show it), and
#19081, a crash with TRT-LLM decoding that could not be read here. That 0.5.10 ends both is an
inference from the dates.
"""

from __future__ import annotations

from deployer.behaviour.stated import Setting, is_on
from deployer.check.rule import Engines, Mitigation, Rule, at, drafting
from deployer.compile.case import Case
from deployer.finding import Severity

NAME = "SGLANG_ENABLE_SPEC_V2"


def mitigated(case: Case) -> Setting | None:
    """Give the key with which an author goes around it."""
    overlap = case.said.variable(NAME)
    return None if is_on(overlap) else overlap


RULE = Rule(
    "overlap-on-v32-nvfp4",
    Severity.WARNING,
    at(
        lambda case: case.said.variable(NAME),
        "overlapped speculation crashes with DeepSeek-V3.2 in NVFP4 before SGLang 0.5.10",
        "take it out, or take 0.5.10 or later",
        when=lambda case: is_on(case.said.variable(NAME)) and drafting(case),
    ),
    link="https://github.com/sgl-project/sglang/issues/18943",
    engines=Engines(before="0.5.10"),
    models=("DeepSeek-V3.2*FP4*",),
    mitigation=Mitigation("overlapped speculation off", mitigated),
    inferred=True,
)
