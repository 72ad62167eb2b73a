"""What a profile means for sparse attention (DSA): KV dtype and kernels, `auto` and unset included.

Source, read in the wheels: SGLang 0.5.9 ``srt/server_args.py:1129-1180``, 0.5.10.post1
``server_args.py:1417-1487``, 0.5.11 ``server_args.py``, 0.5.23 ``arg_groups/overrides.py:491-741``.
"""

from __future__ import annotations

from typing import NamedTuple

from deployer.check.ranges import Engines, of_model
from deployer.check.stated import Setting, option
from deployer.facts.gpus import GPUS
from deployer.profile.model import Profile
from deployer.profile.source import Path

SPARSE = ("GLM-5*", "DeepSeek-V3.2*")
"""Models with sparse attention, by the names of their repositories."""

BLACKWELL = 10
"""The first number of the compute capability from which `auto` is FP8."""

FP8 = "fp8_e4m3"
BF16 = "bfloat16"
OVERRULES = Engines("0.5.10", "0.5.11")
"""The releases that take TRT-LLM for both phases with FP8 on Blackwell, whatever is asked for."""

SAME = {"bf16": BF16}
"""Names of one KV dtype."""


class Kernels(NamedTuple):
    """The sparse-attention kernels of both phases."""

    prefill: Setting
    decode: Setting


def is_sparse(profile: Profile) -> bool:
    """Whether the model has sparse attention, by its name or by what the profile asks for."""
    asked = option(profile, "--attention-backend")
    return of_model(profile, SPARSE) or (asked is not None and asked.value in {"nsa", "dsa"})


def kv_cache(profile: Profile) -> Setting:
    """Give the KV dtype that the engine will use; `auto` where sparse attention does not decide."""
    said = option(profile, "--kv-cache-dtype")
    path = said.path if said is not None else ("memory", "kv_cache_dtype")
    if said is not None and said.value != "auto":
        return Setting(SAME.get(said.value, said.value), path)
    if not is_sparse(profile):
        return Setting("auto", path)
    return Setting(FP8 if _blackwell(profile) else BF16, path)


def is_fp8(profile: Profile) -> bool:
    """Whether sparse attention will have an FP8 KV cache."""
    return is_sparse(profile) and kv_cache(profile).value == FP8


def kernels(profile: Profile) -> Kernels:
    """Give the kernels that the engine will use; empty where there is no sparse attention."""
    default = _defaults(profile) if is_sparse(profile) else ("", "")
    overruled = is_fp8(profile) and _blackwell(profile) and OVERRULES.holds(profile.engine.version)
    return Kernels(
        _resolved(profile, "--dsa-prefill-backend", "prefill", default[0], overruled=overruled),
        _resolved(profile, "--dsa-decode-backend", "decode", default[1], overruled=overruled),
    )


def _resolved(profile: Profile, flag: str, field: str, default: str, *, overruled: bool) -> Setting:
    said = option(profile, flag)
    path: Path = said.path if said is not None else ("kernels", field)
    return Setting(default if said is None or overruled else said.value, path)


def _defaults(profile: Profile) -> tuple[str, str]:
    """Give the engine's own pair for the release, the GPU and the KV dtype."""
    version, blackwell = profile.engine.version, _blackwell(profile)
    if not is_fp8(profile):
        return "flashmla_sparse", "trtllm" if blackwell else "fa3"
    if blackwell and not Engines(before="0.5.10").holds(version):
        return "trtllm", "trtllm"
    if Engines(before="0.5.11").holds(version):
        return "flashmla_auto", "flashmla_kv"
    return "flashmla_kv", "flashmla_kv"


def _blackwell(profile: Profile) -> bool:
    gpu = GPUS.get(profile.hardware.gpu)
    return gpu is not None and gpu.capability[0] >= BLACKWELL
