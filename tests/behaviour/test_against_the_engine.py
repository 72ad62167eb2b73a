"""What is believed that SGLang would choose, against what SGLang itself chooses."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from deployer.behaviour.resolved import resolved
from deployer.compile.release import compile_profile
from deployer.engine.environment import EngineEnvironment
from deployer.engine.resolve import Answer
from deployer.release import Release
from tests.engines.resolving import answers, variations
from tests.volume import THOROUGH

pytestmark = [pytest.mark.engine, pytest.mark.wheels]

NEWEST = "0.5.23"
ALL = ("0.5.9", "0.5.10.post1", "0.5.11", "0.5.14", "0.5.18", NEWEST)
"""The releases between which defaults changed, and the newest."""

VERSIONS = ALL if THOROUGH else ("0.5.10.post1",)
"""That of the shipped profiles; each takes a dozen seconds of two cores. The newest one is asked
about the commands that were published (``test_held.py``)."""


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


@pytest.mark.parametrize("version", VERSIONS)
def test_the_checks_know_what_sglang_chooses(
    version: str, engine_environment: EngineEnvironment
) -> None:
    assert engine_environment.version == NEWEST
    for profile, answer in zip(variations(version), answers(version)[1:], strict=True):
        stated = (profile.hardware.gpu, profile.memory, profile.kernels, profile.moe)
        assert believed(compile_profile(profile)) == chosen(answer), stated
