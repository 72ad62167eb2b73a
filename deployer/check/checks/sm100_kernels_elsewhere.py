"""Kernels that exist for SM100 (B200) only run on another GPU: asked for, or the engine's choice.

Why it hurts: SGLang accepts the flags on any GPU and fails when it builds or launches the kernels,
after loading hundreds of gigabytes of weights. For sparse attention it takes all of Blackwell for
one, and chooses TRT-LLM's by itself on RTX PRO 6000, where they end with "Unsupported
architecture".

Instead of ``-`` write ``+``::

      hardware:
        gpu: H200
        count: 8
      moe:
    -   runner: flashinfer_trtllm
    +   runner: auto

Source: SGLang 0.5.10.post1 ``srt/server_args.py:1445-1487``; measured: its own resolution lets them
through on H200. On RTX PRO 6000: sgl-project/sglang#29562 (read: GLM-5.2), 37105 and 40286 (read:
GLM-5.3-Flash, 0.5.20); 0.5.9 to 0.5.23 choose by ``major >= 10``, and from 0.5.17 on
`flashinfer_sparse_mla` for GLM with an FP8 cache (``arg_groups/overrides.py``).
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/server_args.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.behaviour.architecture import GLM_DSA
from deployer.behaviour.attention import DECODE, FP8, PREFILL, SPARSE_MLA, own_kernels
from deployer.behaviour.experts import TRTLLM as EXPERTS
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

TRTLLM = "trtllm"


def find(case: Case) -> Iterator[Problem]:
    """Look for the kernels that need SM100 where the GPU is another."""
    subject = case.resolved.subject
    if subject.gpu is not None and not subject.sm100:
        yield from _experts(case)
        yield from _attention(case)


def _experts(case: Case) -> Iterator[Problem]:
    runner = case.said.option("--moe-runner-backend")
    if runner is not None and runner.value in EXPERTS:
        hint = "leave it out: the engine chooses for the hardware"
        yield Problem(runner.path, _told(case, f"`{runner.value}` needs"), hint)


def _attention(case: Case) -> Iterator[Problem]:
    """Look at both phases; where none is stated, what the engine chooses is told once."""
    asked = [case.said.option(flag) for flag in (PREFILL, DECODE)]
    stated = [one for one in asked if one is not None and one.value == TRTLLM]
    for one in stated:
        yield Problem(one.path, _told(case, f"`{one.value}` needs"), _cure(case, stated=True))
    chosen = {case.resolved.dsa_prefill_backend.value, case.resolved.dsa_decode_backend.value}
    if not stated and TRTLLM in chosen:
        said = "for sparse attention the engine chooses `trtllm`, which needs"
        yield Problem(("hardware", "gpu"), _told(case, said), _cure(case, stated=False))


def _told(case: Case, what: str) -> str:
    return f"{what} SM100 (B200), and the replica has {case.profile.hardware.gpu}"


def _cure(case: Case, *, stated: bool) -> str:
    """Name what the engine has for the GPU, if it has anything."""
    subject, dtype = case.resolved.subject, case.resolved.kv_cache_dtype.value
    if subject.sparse_attention and TRTLLM not in own_kernels(subject, dtype):
        return "leave it out: the engine chooses for the hardware"
    if not subject.sm120:
        return "leave it out: the engine chooses for the hardware"
    if subject.architecture.name != GLM_DSA:
        return "take B200 or H200: no release known here has kernels for this model there"
    out = "leave it out and " if stated else ""
    if not subject.since("0.5.17"):
        return f"{out}take 0.5.17 or later, which has `{SPARSE_MLA}` there, or B200 or H200"
    return f"{out}write `memory.kv_cache_dtype: {FP8}`, for which the engine has `{SPARSE_MLA}`"


RULE = Rule("sm100-kernels-elsewhere", Severity.ERROR, find)
