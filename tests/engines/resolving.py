"""Releases of the engine, asked what they make of profiles: a start is ten seconds of CPU."""

from __future__ import annotations

import functools
from pathlib import Path

import yaml

from deployer.compile.release import compile_profile
from deployer.engine.model_config import model_config
from deployer.engine.resolve import Answer, ask
from deployer.profile.load import load_profile
from deployer.profile.model import Profile
from deployer.release import Release
from tests.check.sane import Change, changed
from tests.shipped import shipped
from tools.held import interpreter

BF16: Change = {"memory": {"kv_cache_dtype": "bf16"}}
FP8: Change = {"memory": {"kv_cache_dtype": "fp8_e4m3"}}
FUSION_OFF: Change = {**BF16, "kernels": {"allreduce_fusion": False}}
CHANGES: tuple[Change, ...] = (
    {},
    BF16,
    FP8,
    {**FP8, "kernels": {"prefill": "flashmla_kv", "decode": "flashmla_kv"}},
    {**BF16, "kernels": {"allreduce_fusion": True}},
    FUSION_OFF,
    {**BF16, "moe": {"runner": "triton"}},
    {"parallel": {"dp": 8, "dp_attention": True}},
)


@functools.cache
def answers(version: str) -> tuple[Answer, ...]:
    """Give what a release makes of the shipped profile, and then of each of :func:`variations`.

    The tests of two files need them, and the first to ask asks for both. The variables of the
    shipped profile hold for all.
    """
    profiles = [compile_profile(profile) for profile in variations(version)]
    releases = [for_release("b200-fp8-eagle", version), *profiles]
    with interpreter(version) as engine:
        return ask(engine, releases, model_config(releases[0].model))


def for_release(name: str, version: str) -> Release:
    """Compile a shipped profile for a release: its typed fields are respelt."""
    path = Path("profiles") / f"{name}.yaml"
    profile = load_profile(shipped(name), str(path)).profile
    assert profile is not None
    engine = profile.engine.model_copy(update={"version": version})
    return compile_profile(profile.model_copy(update={"engine": engine}))


def variations(version: str) -> list[Profile]:
    """Give profiles that leave this and that to a release, on three GPUs."""
    made = []
    for gpu in ("B200", "B300", "H200"):
        for change in CHANGES:
            if version == "0.5.9" and change is FUSION_OFF:
                continue  # the option comes with 0.5.10
            base: Change = {
                "engine": {"version": version},
                "hardware": {"gpu": gpu},
                "memory": {"kv_cache_dtype": None},
            }
            profile = load_profile(yaml.safe_dump(changed(change, changed(base))), "p.yaml").profile
            assert profile is not None
            made.append(profile)
    return made
