"""Profiles that fall back to others: what is read, what must agree, what they come to."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deployer.check.run import judge
from deployer.finding import Finding, Severity
from deployer.profile.layers import Layered, Named, fallbacks_named
from deployer.release import Release
from tests.check.examples import merged
from tests.check.test_checks import LOCAL, SANE
from tests.dumped import dumped

OTHER = {"name": "other", "hardware": {"gpu": "H200"}, "modal": {"app": "o"}}
NAMES = {"modal": {"fallback": ["other.yaml"]}}


def text(own: dict[str, Any], *others: dict[str, Any] | str, environment: str = "") -> Layered:
    named = tuple(
        Named(f"{name}.yaml", f"{name}.yaml", one if isinstance(one, str) else whole(one))
        for name, one in zip(("other", "third"), others, strict=False)
    )
    return Layered(whole(own), named=named, environment=environment)


def whole(said: dict[str, Any]) -> str:
    found = merged(SANE, said)
    return dumped({key: value for key, value in found.items() if value is not None})


def found(own: dict[str, Any], *others: dict[str, Any] | str) -> list[Finding]:
    judged = judge(text(own, *others), "glm.yaml")
    ours = {"fallback-not-read", "fallback-not-right", "shapes-disagree", "shape-taken-twice"}
    return [one for one in judged.findings if one.check in ours]


def release(own: dict[str, Any], *others: dict[str, Any], environment: str = "") -> Release:
    judged = judge(text(own, *others, environment=environment), "glm.yaml")
    assert judged.whole is not None, judged.findings
    assert not [one for one in judged.findings if one.severity is Severity.ERROR]
    return judged.whole.release


def test_a_shape_is_the_release_of_its_profile_in_the_place_of_the_first() -> None:
    other = merged(OTHER, {"memory": {"mem_fraction_static": 0.7}})
    own = judge(whole(other), "other.yaml").whole
    assert own is not None
    alone = release({})
    deployment = release(NAMES, other)
    (shape,) = deployment.shapes

    assert (deployment.arguments, shape.arguments) == (alone.arguments, own.release.arguments)
    assert shape.environment == own.release.environment
    assert shape.warmup == own.release.warmup
    assert (deployment.shape, shape.shape) == ("B200:8", "H200:8")
    assert shape.modal == deployment.modal  # the app, the volumes, the scaling
    assert deployment.modal is not None
    assert deployment.modal.app == "b"
    assert Release.from_json(deployment.to_json()) == deployment
    assert deployment.digest() != alone.digest()
    assert deployment.digest() != release(NAMES, OTHER).digest()
    assert [each.shape for each in deployment.each_shape()] == ["B200:8", "H200:8"]
    assert deployment.each_shape()[0] == alone
    assert alone.each_shape() == (alone,)


def test_limits_are_the_smallest_timeouts_the_largest_and_both_are_said() -> None:
    other = merged(OTHER, {
        "schedule": {"max_running_requests": 24}, "lifecycle": {"startup_timeout": 4000},
        "modal": {"timeout": 600, "memory": 900_000, "cpu": 2},
    })  # fmt: skip
    third = {"hardware": {"gpu": "H100"}, "modal": {"timeout": 700}}
    own = merged(NAMES, {"modal": {"fallback": ["other.yaml", "third.yaml"], "timeout": 500}})
    deployment = release(own, other, third)

    for each in (deployment, *deployment.shapes):
        assert each.modal is not None
        assert (each.modal.max_inputs, each.modal.target_inputs) == (24, 24)
        assert (each.modal.timeout, each.modal.memory, each.modal.cpu) == (700, 900_000, 11)
    assert deployment.modal is not None
    alone = judge(whole(other), "other.yaml").whole
    assert alone is not None
    assert alone.release.modal is not None
    assert deployment.modal.startup_timeout == alone.release.modal.startup_timeout
    said = {
        one.message for one in judge(text(own, other, third), "glm.yaml").findings
        if one.check == "shape-limits"
    }  # fmt: skip
    assert (
        "`modal.max_inputs` of the deployment is 24, the smallest: 48 of 8 x B200, 24 of 8 x H200, "
        "48 of 8 x H100"
    ) in said
    assert (
        "`modal.timeout` of the deployment is 700, the largest: 500 of 8 x B200, 600 of 8 x H200, "
        "700 of 8 x H100"
    ) in said
    assert len(said) == 6


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"serving": {"port": 8001}}, "serving.port"),
        ({"serving": {"reasoning_parser": "glm45"}}, "serving.reasoning_parser"),
        ({"engine": {"version": "0.5.10"}}, "engine.version"),
        ({"engine": {"image": "lmsysorg/sglang:v0.5.10.post1"}}, "engine.image"),
        ({"model": {"revision": "1" * 40}}, "model.revision"),
        ({"model": {"served_name": "c"}}, "model.served_name"),
        ({"model": {"context_length": 4096}}, "model.context_length"),
        ({"modal": {"auth": "key"}}, "modal.auth"),
        ({"modal": {"api_key_secret": "t"}}, "modal.api_key_secret"),
        ({"modal": {"weights": {"volume": "v", "path": "/w"}}}, "modal.weights"),
        ({"modal": {"endpoint": "server"}}, "modal.endpoint"),
        ({"modal": {"regions": ["us-east"]}}, "modal.regions"),
        ({"observability": {"metrics": True}}, "observability.metrics"),
        (
            {"speculative": {
                "algorithm": "EAGLE", "num_steps": 3, "eagle_topk": 1, "draft_model": "a/d",
            }},
            "speculative.draft_model",
        ),
        (
            {**LOCAL, "model": {"source": "builtin", "repo": "tiny", "revision": "main"},
             "serving": {"host": "127.0.0.1"}},
            "target",
        ),
    ],
)  # fmt: skip
def test_what_a_deployment_has_once_must_agree(said: dict[str, Any], key: str) -> None:
    one = next(iter(found(NAMES, merged(OTHER, said))))

    assert (one.check, one.path) == ("shapes-disagree", "modal.fallback[0]")
    assert one.message.startswith(f"`{key}` is ")
    assert one.file == "glm.yaml"
    assert one.span is not None
    assert "other.yaml" in one.message
    assert not re.search(r"None|True|False", one.message), "a value is shown as YAML has it"


def test_what_is_a_shapes_own_or_the_deployments_may_differ() -> None:
    said = {
        "memory": {"mem_fraction_static": 0.7}, "kernels": {"attention": "nsa"},
        "model": {"trust_remote_code": True}, "engine": {"env": {"A": "b"}},
        "lifecycle": {"drain_timeout": 10},
        "modal": {
            "max_containers": 5, "scaledown_window": 60, "label": "x", "tags": {"a": "b"},
            "kernels": {"walk": False}, "jit_caches": False,
        },
    }  # fmt: skip
    deployment = release(NAMES, merged(OTHER, said))
    (shape,) = deployment.shapes
    assert deployment.modal is not None
    assert shape.modal is not None
    assert (deployment.modal.max_containers, shape.modal.max_containers) == (1, 1)
    walks = [(m.kernel_walk, m.jit_caches) for m in (deployment.modal, shape.modal)]
    assert walks == [(True, True), (False, False)]


def test_what_cannot_be_a_shape_is_an_error_at_the_key() -> None:
    third = merged(OTHER, {"modal": {"fallback": ["glm.yaml"]}})
    cases: dict[str, tuple[list[Finding], str, str]] = {
        "nobody looked": (found(NAMES), "fallback-not-read", "nobody looked for it here"),
        "a cycle": (found(NAMES, third), "fallback-not-read", "falls back to others itself"),
        "broken YAML": (found(NAMES, "name: [\n"), "fallback-not-right", "yaml-syntax"),
        "no profile": (found(NAMES, "name: x\n"), "fallback-not-right", "missing-key"),
        "an error": (
            found(NAMES, merged(OTHER, {"parallel": {"tp": 3}})), "fallback-not-right", "tp"
        ),
        "the same": (found(NAMES, {"name": "o"}), "shape-taken-twice", "8 x B200"),
    }  # fmt: skip
    for name, (all_found, check, part) in cases.items():
        assert [one.check for one in all_found] == [check], name
        assert part in all_found[0].message, (name, all_found[0].message)
        assert all_found[0].path == "modal.fallback[0]", name

    twice = found(
        {"hardware": {"gpu": "H100"}, **NAMES}, merged(OTHER, {"hardware": {"gpu": "H100!"}})
    )
    assert [one.check for one in twice] == ["shape-taken-twice"]
    own = {"modal": {"fallback": ["other.yaml", "third.yaml"]}}
    twice = found(own, OTHER, merged(OTHER, {"name": "third"}))
    assert [(one.check, one.path) for one in twice] == [("shape-taken-twice", "modal.fallback[1]")]
    four = merged(OTHER, {"hardware": {"gpu": "B200", "count": 4}, "parallel": {"tp": 4}})
    assert found(NAMES, four) == []


def test_an_environment_has_its_own_shapes_and_is_that_of_the_others_too() -> None:
    staging = {"environments": {"staging": {"modal": {"api_key_secret": "staging-key"}}}}
    own = merged(merged(NAMES, staging), {})
    deployment = release(own, merged(OTHER, staging), environment="staging")
    assert deployment.modal is not None
    assert (deployment.modal.environment, len(deployment.shapes)) == ("staging", 1)

    without: dict[str, Any] = {"environments": {"staging": {"modal": {"fallback": []}}}}
    assert not release(merged(NAMES, without), environment="staging").shapes
    assert fallbacks_named(whole(merged(NAMES, without))) == ("other.yaml",)
    only_there = {"environments": {"staging": {"modal": {"fallback": ["there.yaml"]}}}}
    assert fallbacks_named(whole(only_there)) == ("there.yaml",)
    assert fallbacks_named("fallback: [\n") == ()
    disagreeing = judge(text(own, OTHER, environment="staging"), "glm.yaml")
    assert "shapes-disagree" in {one.check for one in disagreeing.findings}
