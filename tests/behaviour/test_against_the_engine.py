"""What is believed that SGLang would choose, against what SGLang itself chooses."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from deployer.behaviour.resolved import resolved
from deployer.catalogue.cache import wheel_path
from deployer.compile.release import compile_profile
from deployer.engine.environment import EngineEnvironment
from deployer.engine.model_config import model_config
from deployer.engine.overlay import Interpreter, find_interpreter
from deployer.engine.resolve import Answer, ask
from deployer.profile.load import load_profile
from deployer.profile.model import Profile
from deployer.release import Release
from tests.check.sane import Change, changed
from tests.volume import THOROUGH

pytestmark = [pytest.mark.engine, pytest.mark.wheels]

NEWEST = "0.5.23"
ALL = ("0.5.9", "0.5.10.post1", "0.5.11", "0.5.14", "0.5.18", NEWEST)
"""The releases between which defaults changed, and the newest."""

VERSIONS = ALL if THOROUGH else ("0.5.10.post1",)
"""That of the shipped profiles; each takes a dozen seconds of two cores. The newest one is asked
about the commands that were published (``test_held.py``)."""

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


class Choice(NamedTuple):
    """What decides which bugs a deployment can meet."""

    kv_cache: str
    prefill: str
    decode: str
    experts: str
    fuses: bool


def believed(release: Release) -> Choice:
    """Resolve a release as every verb does; experts that are not known stay `auto`."""
    found = resolved(release)
    prefill, decode = found.sparse_kernels
    return Choice(
        str(found.kv_cache_dtype.value),
        str(prefill.value),
        str(decode.value),
        found.moe_runner_backend.value or "auto",
        bool(found.allreduce_fusion.value),
    )


def chosen(answer: Answer) -> Choice:
    """Read what SGLang makes of it."""
    assert answer.outcome == "resolved", answer.message
    found: dict[str, Any] = {value.field: value.resolved for value in answer.values}
    dsa = "dsa" if "dsa_decode_backend" in found else "nsa"
    backend = found.get("flashinfer_allreduce_fusion_backend")
    return Choice(
        found["kv_cache_dtype"],
        found[f"{dsa}_prefill_backend"],
        found[f"{dsa}_decode_backend"],
        found["moe_runner_backend"],
        bool(backend or found.get("enable_flashinfer_allreduce_fusion")),
    )


def profiles(version: str) -> list[Profile]:
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
            merged = changed(change, changed(base))
            profile = load_profile(yaml.safe_dump(merged), "p.yaml").profile
            assert profile is not None
            made.append(profile)
    return made


@pytest.mark.parametrize("version", VERSIONS)
def test_the_checks_know_what_sglang_chooses(
    version: str, engine_environment: EngineEnvironment, tmp_path: Path
) -> None:
    assert engine_environment.version == NEWEST
    engine = find_interpreter(NEWEST)
    if version != NEWEST:
        folder = tmp_path / version
        with zipfile.ZipFile(wheel_path(version)) as wheel:
            wheel.extractall(folder)
        engine = Interpreter(version, engine.python, folder)
    asked = profiles(version)
    releases = [compile_profile(profile) for profile in asked]
    answers = ask(engine, releases, model_config(releases[0].model))

    for profile, release, answer in zip(asked, releases, answers, strict=True):
        stated = (profile.hardware.gpu, profile.memory, profile.kernels, profile.moe)
        assert believed(release) == chosen(answer), stated
