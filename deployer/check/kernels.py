"""What a profile means for all-reduce fusion, experts and speculation, defaults included.

Source, read in the wheels: SGLang 0.5.10.post1 ``srt/server_args.py`` (fusion :2092-2118, experts
:1640-1657), 0.5.11 ``server_args.py:2331-2353``, 0.5.14 ``server_args.py:4298-4326`` and
``layers/flashinfer_comm_fusion.py:199``, 0.5.23 ``arg_groups/overrides.py:812-1002``. GLM-5.3-Flash
is not among the models for which fusion is on by itself in any of them.
"""

from __future__ import annotations

from deployer.check.ranges import Engines, of_model, on_gpu
from deployer.check.sparse import is_sparse
from deployer.check.stated import Setting, number, option, value
from deployer.profile.model import Profile

AUTO_FUSION = (
    (
        ("GLM-5", "GLM-5-*", "GLM-5.[0-2]*", "GLM-5.3", "GLM-5.3-[!f]*", "GLM-5.3-FP*"),
        Engines("0.5.11"),
    ),
    (("DeepSeek-V3.2*",), Engines("0.5.14")),
    (
        (
            "DeepSeek-V3", "DeepSeek-V3-*", "DeepSeek-V3.1*", "DeepSeek-R1", "DeepSeek-R1-0528*",
            "gpt-oss-*", "GLM-4.[567]*", "Qwen3-*-A*B*", "Kimi-K2.5*",
        ),
        Engines("0.5.10"),
    ),
)  # fmt: skip
"""Models for which the engine turns fusion on by itself, and since when."""

EAGLE = frozenset({"EAGLE", "EAGLE3", "NEXTN"})
TRTLLM_MOE = frozenset({"flashinfer_trtllm", "flashinfer_trtllm_routed"})


def fusion(profile: Profile) -> Setting | None:
    """Give the backend of all-reduce fusion (`auto` for the engine's choice); None where it is off.

    Before 0.5.14 there is one backend, TRT-LLM's, and no option to choose it.
    """
    if option(profile, "--enforce-disable-flashinfer-allreduce-fusion") is not None:
        return None
    chosen = option(profile, "--flashinfer-allreduce-fusion-backend")
    if chosen is not None:
        return chosen
    switch = option(profile, "--enable-flashinfer-allreduce-fusion")
    if switch is not None:
        return Setting("auto", switch.path)
    return Setting("auto", ("kernels", "allreduce_fusion")) if _fuses(profile) else None


def uses_mnnvl(profile: Profile) -> bool:
    """Whether fusion runs on MNNVL: asked for, or what `auto` is on SM100 from 0.5.14 on."""
    found = fusion(profile)
    auto = _over_nodes(profile)
    return found is not None and (found.value == "mnnvl" or (found.value == "auto" and auto))


def eagle(profile: Profile) -> Setting | None:
    """Give the algorithm of speculation where the checkpoint's or a model's own draft is used."""
    found = option(profile, "--speculative-algorithm")
    return found if found is not None and found.value in EAGLE else None


def moe_runner(profile: Profile) -> Setting:
    """Give the kernels of the experts; empty where the engine's choice is not known here."""
    said = option(profile, "--moe-runner-backend")
    path = said.path if said is not None else ("moe", "runner")
    if said is not None and said.value != "auto":
        return Setting(said.value, path)
    own = is_sparse(profile) and on_gpu(profile, ("sm100",)) and not _all_to_all(profile)
    return Setting("flashinfer_trtllm" if own else "", path)


def nodes(profile: Profile) -> int:
    """Give the number of nodes of one replica."""
    return number(profile, "--nnodes") or 1


def _fuses(profile: Profile) -> bool:
    """Whether the engine turns fusion on by itself."""
    divided = option(profile, "--enable-dp-attention") or option(profile, "--attn-dp-size")
    return (
        any(of_model(profile, m) and e.holds(profile.engine.version) for m, e in AUTO_FUSION)
        and on_gpu(profile, ("sm90", "sm100"))
        and (number(profile, "--tp-size") or 1) > 1
        and divided is None
        and (nodes(profile) == 1 or _over_nodes(profile))
        and not _all_to_all(profile)
    )


def _all_to_all(profile: Profile) -> bool:
    """Whether tokens are carried to experts on other ranks, for which other kernels are chosen."""
    return value(profile, "--moe-a2a-backend") not in {"", "none"}


def _over_nodes(profile: Profile) -> bool:
    """Whether the engine's own backend is MNNVL, which works over several nodes."""
    return Engines("0.5.14").holds(profile.engine.version) and on_gpu(profile, ("sm100",))
