"""Attention kernels that the GPU cannot run.

Why it hurts: SGLang takes the flag and ends when it makes the backend, after the container is
scheduled, and for some after the weights are loaded.

Instead of::

    hardware:
      gpu: B200
      count: 8
    kernels:
      attention: fa3

Write::

    hardware:
      gpu: H200
      count: 8
    kernels:
      attention: fa3

Source: SGLang 0.5.10.post1 ``layers/attention/attention_registry.py`` (fa3: SM80 to SM90),
``srt/server_args.py:2343-2390`` (TRT-LLM); 0.5.23 ``overrides.py:1244`` (CuteDSL),
``layers/deep_gemm_wrapper/configurer.py`` (the indexer of sparse attention needs SM90).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.gpus import GPUS
from deployer.facts.sglang.versions import release_key
from deployer.finding import Severity

MAJORS = {
    "fa3": {8, 9},
    "trtllm_mla": {10, 12},
    "trtllm_mha": {9, 10, 12},
    "cutlass_mla": {10},
    "cutedsl_mla": {10},
    "nsa": {9, 10, 12},
    "dsa": {9, 10, 12},
}
"""The major compute capabilities that the kernels run on: 9 is Hopper, 10 B200, 12 RTX PRO."""

MHA_ON_HOPPER = "0.5.19"
"""The release from which TRT-LLM's attention prefills on Hopper; before, on SM100 alone."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the kernels of attention, and of sparse decoding, with the GPU."""
    gpu = GPUS.get(case.profile.hardware.gpu)
    if gpu is None:
        return
    kernels = case.profile.kernels
    asked = [("attention", kernels.attention, _majors(case))]
    if kernels.decode == "fa3":
        asked.append(("decode", "fa3", {9}))
    for field, value, majors in asked:
        if value is not None and majors and gpu.capability[0] not in majors:
            version = case.profile.engine.version
            where = f" in SGLang {version}" if value == "trtllm_mha" and majors == {10} else ""
            yield Problem(
                ("kernels", field),
                f"`{value}` does not run on {case.profile.hardware.gpu} (compute capability "
                f"{gpu.capability[0]}.{gpu.capability[1]}){where}",
                "leave it out: the engine chooses for the hardware",
            )


def _majors(case: Case) -> set[int]:
    name = case.profile.kernels.attention
    if name == "trtllm_mha" and release_key(case.profile.engine.version) < release_key(
        MHA_ON_HOPPER
    ):
        return {10}
    return MAJORS.get(name or "", set())


RULE = Rule(
    "attention-kernels-elsewhere",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/attention_backend.html",
)
