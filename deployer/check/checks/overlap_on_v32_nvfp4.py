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

from collections.abc import Iterator

from deployer.behaviour.stated import is_on
from deployer.check.rule import Engines, Mitigation, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.profile.source import Path

NAME = "SGLANG_ENABLE_SPEC_V2"


def find(case: Case) -> Iterator[Problem]:
    """Look for overlap that is turned on; it is off by default in these releases."""
    overlap = case.said.variable(NAME)
    if overlap is not None and is_on(overlap) and case.resolved.eagle.value:
        yield Problem(
            overlap.path,
            "overlapped speculation crashes with DeepSeek-V3.2 in NVFP4 before SGLang 0.5.10",
            "take it out, or take 0.5.10 or later",
        )


def mitigated(case: Case) -> Iterator[Path]:
    """Give the key with which an author goes around it."""
    overlap = case.said.variable(NAME)
    if overlap is not None and not is_on(overlap):
        yield overlap.path


RULE = Rule(
    "overlap-on-v32-nvfp4",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/issues/18943",
    engines=Engines(before="0.5.10"),
    models=("DeepSeek-V3.2*FP4*",),
    mitigation=Mitigation("overlapped speculation off", mitigated),
    inferred=True,
)
