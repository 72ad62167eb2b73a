"""Where a check holds, and what is said of a mitigation that later releases do not need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from deployer.behaviour.checkpoints import Checkpoints
from deployer.behaviour.stated import Setting
from deployer.check.families import KINDS, of_model
from deployer.check.known_bugs import KNOWN_BUGS
from deployer.check.ranges import Engines, on_gpu
from deployer.check.rule import Mitigation, Problem, Rule
from deployer.check.run import check
from deployer.compile.case import Case
from deployer.finding import Finding, Severity
from deployer.profile.load import load_profile
from deployer.profile.model import Profile
from tests.check.examples import merged
from tests.check.facts import checkpoint
from tests.check.test_checks import SANE


def profile(**changes: Any) -> Profile:
    loaded = load_profile(yaml.safe_dump(merged(SANE, changes), sort_keys=False), "p.yaml")
    assert loaded.profile is not None
    return loaded.profile


@pytest.mark.parametrize(
    ("version", "holds", "passed"),
    [
        ("0.5.8", False, False),
        ("0.5.9", True, False),
        ("0.5.10.post1", True, False),
        ("0.5.13", True, False),
        ("0.5.14", False, True),
        ("0.5.14.post1", False, True),
    ],
)
def test_a_range_has_its_first_release_and_not_its_last(
    version: str, *, holds: bool, passed: bool
) -> None:
    engines = Engines("0.5.9", "0.5.14")

    assert engines.holds(version) is holds
    assert engines.passed(version) is passed
    assert str(engines) == "from 0.5.9 on, before 0.5.14"


def test_an_open_end_is_open() -> None:
    assert Engines().holds("0.0.1")
    assert not Engines().passed("9.0.0")
    assert str(Engines()) == "every release"
    assert Engines(since="0.5.9").holds("9.0.0")
    assert Engines(before="0.5.9").holds("0.0.1")


@pytest.mark.parametrize("ends", [("0.5.9", "0.5.9"), ("0.5.10", "0.5.9"), ("latest", "0.5.9")])
def test_a_range_without_releases_is_refused(ends: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="release"):
        Engines(*ends)


def test_gpus_go_by_name_or_architecture() -> None:
    h100 = profile(hardware={"gpu": "H100!"})

    assert on_gpu(h100, ())
    assert on_gpu(h100, ("H100",))
    assert on_gpu(h100, ("B200", "sm90"))
    assert not on_gpu(h100, ("H200", "sm100"))


def case(repo: str, config: dict[str, Any] | None = None) -> Case:
    given = None if config is None else Checkpoints(checkpoint(repo, config))
    return Case(profile(model={"repo": repo}), given)


def test_models_go_by_patterns_of_the_repository() -> None:
    glm = case("zai-org/GLM-5.1-FP8")

    assert of_model(glm, ())
    assert of_model(glm, ("GLM-5.1*",))
    assert of_model(glm, ("*-V3*", "zai-org/glm-5*"))
    assert not of_model(glm, ("GLM-5.1",))
    assert not of_model(glm, ("nvidia/GLM-5*",))


def test_a_configuration_decides_before_the_name() -> None:
    config = {"architectures": ["GlmMoeDsaForCausalLM"], "index_topk": 2048}
    fp4 = {**config, "quantization_config": {"quant_method": "modelopt", "quant_algo": "NVFP4"}}

    assert of_model(case("acme/our-tuned", config), ("GLM-5*",))
    assert of_model(case("acme/our-tuned", fp4), ("GLM-5*FP4*",))
    assert not of_model(case("acme/our-tuned", config), ("GLM-5*FP4*",))
    assert not of_model(case("acme/our-tuned", fp4), ("GLM-5.3-Flash*", "DeepSeek-V3.2*FP4*"))
    llama = {"architectures": ["LlamaForCausalLM"]}
    assert not of_model(case("acme/glm-5-into-llama", llama), ("GLM-5*",))
    assert of_model(case("acme/glm-5-into-llama"), ("GLM-5*",))


def test_every_kind_is_one_of_a_check() -> None:
    assert KINDS.keys() <= {one for rule in KNOWN_BUGS for one in rule.models}


def fusion(one: Case) -> Iterator[Problem]:
    if one.profile.kernels.allreduce_fusion:
        yield Problem(("kernels", "allreduce_fusion"), "it hangs", "write false")


def fusion_off(one: Case) -> Setting | None:
    on = one.profile.kernels.allreduce_fusion
    return None if on else Setting("", "kernels.allreduce_fusion")


HANGS = Rule(
    "hangs",
    Severity.ERROR,
    fusion,
    link="https://example.org/1",
    engines=Engines("0.5.10", "0.5.14"),
    gpus=("B200",),
    mitigation=Mitigation("fusion off", fusion_off),
    inferred=True,
)


def hangs(**changes: Any) -> tuple[Finding, ...]:
    loaded = load_profile(yaml.safe_dump(merged(SANE, changes), sort_keys=False), "p.yaml")
    assert loaded.profile is not None
    return check(Case(loaded.profile), loaded.source, [HANGS])


def test_inside_the_range_the_mistake_is_found_and_the_inference_said() -> None:
    (found,) = hangs(kernels={"allreduce_fusion": True})

    assert (found.severity, found.message) == (Severity.ERROR, "it hangs")
    assert found.hint == "write false (upstream does not say so)"
    assert hangs(kernels={"allreduce_fusion": False}) == ()


def test_past_the_range_the_mitigation_is_stale_where_it_is_written() -> None:
    later = {"version": "0.5.18"}
    (found,) = hangs(engine=later, kernels={"allreduce_fusion": False})

    assert found.check == "hangs"
    assert found.severity is Severity.NOTE
    assert found.path == "kernels.allreduce_fusion"
    assert found.message == "this mitigation is stale since 0.5.14: fusion off"
    assert found.source_line == "  allreduce_fusion: false"
    assert found.link == "https://example.org/1"
    assert hangs(engine=later) == ()
    assert hangs(engine=later, kernels={"allreduce_fusion": True}) == ()


def test_elsewhere_and_before_the_range_nothing_is_stale() -> None:
    off = {"allreduce_fusion": False}

    assert hangs(engine={"version": "0.5.9"}, kernels=off) == ()
    assert hangs(engine={"version": "0.5.18"}, hardware={"gpu": "H200"}, kernels=off) == ()
