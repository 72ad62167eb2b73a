"""What makes a cache of kernels valid for a release, and how two such keys differ.

DeepGEMM itself names a kernel by a hash of its code, the compiler and its own headers
(``csrc/jit/compiler.hpp``): a stale kernel is never used, it only takes room. What it cannot say
is whether *all* kernels of a release are there. That is what this key is for: it holds whatever
decides which shapes are compiled, and with what.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from deployer.codec import encode
from deployer.facts.gpus import GPUS
from deployer.release import Release

DIGEST = 16
"""Hexadecimal digits of a digest: 64 bits, and the marker says the whole key besides."""

UNSET = "(not set)"

FLAGS = {
    "tp": ("--tp-size", "--tensor-parallel-size", "--tp"),
    "pp": ("--pp-size", "--pipeline-parallel-size", "--pp"),
    "dp": ("--dp-size", "--data-parallel-size", "--dp"),
    "ep": ("--ep-size", "--expert-parallel-size", "--ep"),
    "attn_dp": ("--attn-dp-size", "--attention-data-parallel-size"),
    "attn_cp": ("--attn-cp-size", "--attention-context-parallel-size"),
    "moe_dp": ("--moe-dp-size", "--moe-data-parallel-size"),
    "dp_attention": ("--enable-dp-attention",),
    "moe_dense_tp": ("--moe-dense-tp-size",),
    "redundant_experts": ("--ep-num-redundant-experts",),
    "shared_experts_apart": ("--disable-shared-experts-fusion",),
    "nnodes": ("--nnodes",),
    "dtype": ("--dtype",),
    "quantization": ("--quantization",),
    "kv_cache_dtype": ("--kv-cache-dtype",),
    "page_size": ("--page-size",),
    "model_override": ("--json-model-override-args",),
    "chunked_prefill": ("--chunked-prefill-size",),
    "moe_runner": ("--moe-runner-backend",),
    "moe_a2a": ("--moe-a2a-backend",),
    "deepep_mode": ("--deepep-mode",),
    "fp8_gemm": ("--fp8-gemm-backend",),
    "bf16_gemm": ("--bf16-gemm-backend",),
    "attention": ("--attention-backend",),
    "sparse_prefill": ("--nsa-prefill-backend", "--dsa-prefill-backend"),
    "sparse_decode": ("--nsa-decode-backend", "--dsa-decode-backend"),
    "sparse_logits": ("--dsa-paged-mqa-logits-backend",),
    "two_batches": ("--enable-two-batch-overlap",),
    "disaggregation": ("--disaggregation-mode",),
    "draft": ("--speculative-algorithm",),
    "draft_model": ("--speculative-draft-model-path", "--speculative-draft-model"),
    "draft_revision": ("--speculative-draft-model-revision",),
    "draft_steps": ("--speculative-num-steps",),
    "draft_topk": ("--speculative-eagle-topk",),
    "draft_tokens": ("--speculative-num-draft-tokens",),
    "draft_quantization": ("--speculative-draft-model-quantization",),
    "draft_moe_runner": ("--speculative-moe-runner-backend",),
    "draft_moe_a2a": ("--speculative-moe-a2a-backend",),
}
"""One name for each option that decides shapes, and every spelling of SGLang 0.5.9 to 0.5.23.

The sizes divide N, K and the groups. The chunked prefill size bounds M (``compile_utils.py``,
``update_deep_gemm_config``), the number of draft tokens is a template parameter of the indexer's
kernels, and two overlapping batches change the number of SMs that a kernel is made for.
``--mem-fraction-static`` is left out on purpose: scarce memory can cut the largest M, but a new
share of memory is no reason to pay for another compilation."""

VARIABLE_PARTS = ("DEEPGEMM", "DG_USE_NVRTC", "DG_JIT", "DEEP_GEMM")
"""What the names of variables hold that speak to DeepGEMM or decide what it compiles."""

HARMLESS_VARIABLES = frozenset(
    {
        "DG_JIT_CACHE_DIR",  # SGLang writes it itself
        "SGLANG_IN_DEEPGEMM_PRECOMPILE_STAGE",  # silences a warning
        "SGLANG_JIT_DEEPGEMM_COMPILE_WORKERS",  # how many compile at a time
        "SGLANG_DEEPGEMM_SANITY_CHECK",
    }
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One flag or variable that matters, and the YAML key behind it, which is no part of the key.

    ``name`` is a name of :data:`FLAGS`, or the variable's own.
    """

    name: str
    value: str
    source: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class KernelKey:
    """What makes a cache valid. ``model_commit`` is the revision where no commit is known."""

    engine: str
    engine_version: str
    image: str
    architecture: str
    gpus: int
    model: str
    model_commit: str
    settings: tuple[Setting, ...]

    def digest(self) -> str:
        """Give the key as a short word: equal keys, equal words."""
        import hashlib  # noqa: PLC0415 - slow to import, and seldom needed

        value = encode(self)
        value["settings"] = [[each.name, each.value] for each in self.settings]
        text = json.dumps(value, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:DIGEST]

    def differences(self, other: KernelKey) -> tuple[str, ...]:
        """Say what differs in ``other``, which came later, in the words of profile keys.

        What follows from a key is said once, with that key: two GPUs fewer are a smaller
        tensor-parallel size too.
        """
        return tuple(
            f"{key} {old or UNSET} -> {new or UNSET}" for key, old, new in self.differing(other)
        )

    def differing(self, other: KernelKey) -> tuple[tuple[str, str, str], ...]:
        """Give the same as data: the profile key, the old text and the new one, '' for nothing."""
        found: dict[str, tuple[str, str, str]] = {}
        for key, old, new in (*self._facts(other), *self._settings(other)):
            if old != new:
                found.setdefault(key, (key, old, new))
        return tuple(found.values())

    def _facts(self, other: KernelKey) -> tuple[tuple[str, str, str], ...]:
        return (
            ("engine.name", self.engine, other.engine),
            ("engine.version", self.engine_version, other.engine_version),
            ("engine.image", self.image, other.image),
            ("hardware.gpu", self.architecture, other.architecture),
            ("hardware.count", str(self.gpus), str(other.gpus)),
            ("model.repo", self.model, other.model),
            ("model.revision", self.model_commit, other.model_commit),
        )

    def _settings(self, other: KernelKey) -> tuple[tuple[str, str, str], ...]:
        before = {each.name: each for each in self.settings}
        after = {each.name: each for each in other.settings}
        return tuple(
            (
                (after.get(name) or before[name]).source,
                before[name].value if name in before else "",
                after[name].value if name in after else "",
            )
            for name in sorted(before.keys() | after.keys())
        )


def key_of(release: Release) -> KernelKey:
    """Give the key of a release."""
    return KernelKey(
        engine=release.engine.name,
        engine_version=release.engine.version,
        image=release.engine.image,
        architecture=architecture(release),
        gpus=release.hardware.count,
        model=release.model.repo,
        model_commit=release.model.commit or release.model.revision,
        settings=(*_flags(release), *_variables(release)),
    )


def architecture(release: Release) -> str:
    """Give what the kernels are made for, such as ``sm90``, ``sm100``, ``sm103``; or ``cpu``.

    B200 and B300 run each other's code, but the number of SMs is part of a kernel of DeepGEMM.
    """
    gpu = GPUS.get(release.hardware.gpu)
    return release.hardware.gpu if gpu is None else f"sm{gpu.capability[0]}{gpu.capability[1]}"


def _flags(release: Release) -> tuple[Setting, ...]:
    names = {spelling: name for name, spellings in FLAGS.items() for spelling in spellings}
    found = {
        names[each.flag]: Setting(names[each.flag], " ".join(each.values) or "on", each.source)
        for each in release.arguments
        if each.flag in names
    }
    return tuple(found[name] for name in sorted(found))


def _variables(release: Release) -> tuple[Setting, ...]:
    return tuple(
        Setting(each.name, each.value, each.source)
        for each in sorted(release.environment, key=lambda each: each.name)
        if each.name not in HARMLESS_VARIABLES
        and any(part in each.name.upper() for part in VARIABLE_PARTS)
    )
