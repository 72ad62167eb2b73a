"""Another quantization is named than the one that the checkpoint has.

Why it hurts: SGLang compares the two and ends before it loads; where it did not, the weights would
be read as something that they are not.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
    -   quantization: awq

Source: SGLang 0.5.10.post1 ``srt/configs/model_config.py:1028``: "does not match the quantization".
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/configs/model_config.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

OTHERS = frozenset(
    {"awq", "awq_marlin", "gptq", "gptq_marlin", "marlin", "bitsandbytes", "gguf", "w8a8_int8"}
)
"""Methods of checkpoints of their own; the engine takes none of them for another checkpoint."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the stated method with the checkpoint's, where the model is known."""
    model, stated = case.resolved.subject.model, case.profile.model.quantization
    if model is None or stated not in OTHERS or stated == model.quantization.method:
        return
    yield Problem(
        ("model", "quantization"),
        f"{model.repo} is {model.quantization.method or 'not quantized'}, and this says {stated}",
        "leave it out: the checkpoint says it",
    )


RULE = Rule(
    "quantization-contradicts",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/quantization.html",
)
