"""Environment variables of SGLang with a new name, or without any, from 0.5.9 to 0.5.23.

A variable that a release does not declare is no error to the engine: it is simply not read. Sources
are releases and files below ``sglang/srt/`` of their wheels.
"""

from __future__ import annotations

from dataclasses import dataclass

from deployer.facts.sglang.catalogue import Catalogue
from deployer.facts.sglang.replacements_gone import Gone


@dataclass(frozen=True, slots=True)
class RenamedVariable:
    """From release ``since`` the variable ``old`` is called ``new``, with the same values."""

    old: str
    new: str
    since: str
    source: str


_ALIASED = "catalogues: the release's own aliases (environ.py)"

RENAMED = (
    *(
        RenamedVariable(f"SGLANG_NSA_{name}", f"SGLANG_DSA_{name}", "0.5.13", _ALIASED)
        for name in (
            "FUSE_TOPK",
            "ENABLE_MTP_PRECOMPUTE_METADATA",
            "PREFILL_DENSE_ATTN_KV_LEN_THRESHOLD",
            "HIP_DISABLE_PRESHUFFLE",
        )
    ),
    RenamedVariable("SGLANG_ENABLE_NVTX", "SGLANG_ENABLE_NVTX_SCHEDULER", "0.5.14", _ALIASED),
    RenamedVariable(
        "SGLANG_OPERATIONS_ENABLE_PROFILE", "SGLANG_ENABLE_NVTX_OPERATIONS", "0.5.14", _ALIASED
    ),
    RenamedVariable(
        "SGLANG_EPLB_ROCM_P2P_BATCH_CHUNK_SIZE",
        "SGLANG_EPLB_P2P_BATCH_CHUNK_SIZE",
        "0.5.16",
        _ALIASED,
    ),
    RenamedVariable(
        "SGLANG_ENABLE_LOGITS_PROCESSER_CHUNK", "SGLANG_ENABLE_LOGPROB_CHUNK", "0.5.16", _ALIASED
    ),
    RenamedVariable(
        "SGLANG_LOGITS_PROCESSER_CHUNK_SIZE", "SGLANG_LOGPROB_CHUNK_SIZE", "0.5.16", _ALIASED
    ),
    RenamedVariable(
        "SGLANG_NPU_USE_TRITON_KV_CACHE_STORE",
        "SGLANG_NPU_USE_TRITON_PREFIX_KV_CACHE_STORE",
        "0.5.18",
        _ALIASED,
    ),
    RenamedVariable(
        "SGLANG_OPT_SWA_RELEASE_LEAF_LOCK_AFTER_WINDOW",
        "SGLANG_OPT_RELEASE_PREFILL_SWA",
        "0.5.22",
        _ALIASED,
    ),
    RenamedVariable(
        "SGLANG_AITER_MLA_DCP_DECODE_BACKEND",
        "SGLANG_AITER_MLA_DECODE_BACKEND",
        "0.5.22",
        _ALIASED,
    ),
    RenamedVariable(
        "SGLANG_USE_TRITON_ROUTER_SUM", "SGLANG_USE_CUSTOM_ROUTER_SUM", "0.5.23", _ALIASED
    ),
)
"""Variables with a new name; releases in between read both."""

_SPEC_V2 = "0.5.14 arg_groups/speculative_hook.py:69; environ.py of 0.5.10.post1 and 0.5.11"

GONE = (
    *(
        Gone(
            "SGLANG_ENABLE_SPEC_V2",
            "0.5.14",
            "speculation always runs overlapped, as it does by default from 0.5.11 on",
            _SPEC_V2,
            harmless=True,
            value=yes,
        )
        for yes in ("true", "1", "yes", "y")
    ),
    Gone(
        "SGLANG_ENABLE_SPEC_V2",
        "0.5.14",
        "speculation always runs overlapped",
        _SPEC_V2,
        instead="--disable-overlap-schedule",
    ),
)
"""Variables that nothing reads any more, and what came of them; with a value, only for that one."""


def spell_variable(catalogue: Catalogue, name: str) -> str | None:
    """Give the name that this release has for a variable; None where it declares none.

    The release's own aliases are given their new name, as a deprecated flag is.
    """
    for row in RENAMED:
        if row.old == name and row.new in catalogue.variables:
            return row.new
    if name in catalogue.variables:
        return name
    older = (row.old for row in RENAMED if row.new == name)
    return next((old for old in older if old in catalogue.variables), None)


def variable_gone(name: str, value: str) -> Gone | None:
    """Say what became of a variable with this value that nothing reads any more."""
    said = value.lower()
    return next((row for row in GONE if row.name == name and row.value in ("", said)), None)
