"""Attention kernels that the GPU cannot run.

Why it hurts: SGLang takes the flag and ends when it makes the backend, after the container is
scheduled, and for some after the weights are loaded.

Instead of ``-`` write ``+``::

      hardware:
    -   gpu: B200
    +   gpu: H200
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

MHA, MHA_ON_HOPPER = "trtllm_mha", "0.5.19"
"""TRT-LLM's plain attention, and the release from which it prefills on Hopper: before, only on
SM100."""


PHASES = ("--attention-backend", "--prefill-attention-backend", "--decode-attention-backend")
"""The options that choose them: for all, for prompts alone, for decoding alone."""

SPARSE_DECODE = "--dsa-decode-backend"


def find(case: Case) -> Iterator[Problem]:
    """Compare the kernels of attention, and of sparse decoding, with the GPU."""
    gpu = GPUS.get(case.profile.hardware.gpu)
    if gpu is None:
        return
    for flag in (*PHASES, SPARSE_DECODE):
        said = case.said.option(flag)
        if said is None:
            continue
        majors = _majors(case, said.value, sparse=flag == SPARSE_DECODE)
        if majors and gpu.capability[0] not in majors:
            version = case.profile.engine.version
            where = f" in SGLang {version}" if majors == {10} and said.value == MHA else ""
            yield Problem(
                said.path,
                f"`{said.value}` does not run on {case.profile.hardware.gpu} (compute capability "
                f"{gpu.capability[0]}.{gpu.capability[1]}){where}",
                "leave it out: the engine chooses for the hardware",
            )


def _majors(case: Case, name: str, *, sparse: bool) -> set[int]:
    """Give the compute capabilities that kernels run on; of sparse decoding only FA3 is one."""
    if sparse:
        return {9} if name == "fa3" else set()
    early = release_key(case.profile.engine.version) < release_key(MHA_ON_HOPPER)
    return {10} if name == MHA and early else MAJORS.get(name, set())


RULE = Rule(
    "attention-kernels-elsewhere",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/attention_backend.html",
)
