"""Kernels for another vendor's accelerators.

Why it hurts: all GPUs that a profile can name are NVIDIA's: the engine ends when it imports what is
not in its image.

Instead of ``-`` write ``+``::

      kernels:
    -   attention: aiter
    +   attention: flashinfer

Source: SGLang 0.5.10.post1 ``layers/attention/attention_registry.py``; aiter and wave are AMD's,
intel_amx, intel_xpu and ascend say whose they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

OTHERS = {
    "aiter": "AMD", "wave": "AMD", "mori": "AMD", "intel_xpu": "Intel GPUs", "ascend": "Ascend",
    "ascend_fuseep": "Ascend", "ascend_tp": "Ascend",
}  # fmt: skip
CPU = "intel_amx"

FIELDS = (
    ("kernels", "attention"), ("kernels", "decode"), ("kernels", "prefill"),
    ("kernels", "sampling"), ("kernels", "fp8_gemm"), ("moe", "runner"), ("moe", "a2a"),
)  # fmt: skip


def find(case: Case) -> Iterator[Problem]:
    """Look for kernels that no NVIDIA GPU runs, and for those of CPUs on a GPU."""
    for section, field in FIELDS:
        value = getattr(getattr(case.profile, section), field)
        vendor = OTHERS.get(value or "")
        if value == CPU and case.profile.hardware.gpu != "none":
            vendor = "CPUs with AMX"
        if vendor:
            yield Problem(
                (section, field),
                f"`{value}` is for {vendor}, and the replica has {case.profile.hardware.gpu}",
                "leave it out: the engine chooses for the hardware",
            )


RULE = Rule(
    "kernels-of-another-vendor",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/attention_backend.html",
)
