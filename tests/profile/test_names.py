"""Which names the hub, the registries and Modal take, and what is said of the others."""

from __future__ import annotations

import json

import pytest

from deployer.profile.load import load_profile
from deployer.profile.schema import schema_text

PROFILE = """\
name: x
model: {{repo: {repo}, revision: {revision}, served_name: {served}, path: {folder}}}
hardware: {{gpu: B200, count: 8}}
engine: {{version: 0.5.10.post1, image: "{image}"}}
modal:
  app: {app}
  environment: {environment}
  weights: {{volume: {volume}, path: {path}}}
  kernel_cache: {{volume: kernels, path: /kernels}}
speculative: {{algorithm: EAGLE3, num_steps: 3, eagle_topk: 1, draft_model: {draft}}}
"""
SANE = {
    "repo": "a/b",
    "revision": "main",
    "served": "b",
    "folder": "null",
    "image": "lmsysorg/sglang:v0.5.10.post1-cu130",
    "app": "app",
    "environment": "main",
    "draft": "null",
    "volume": "weights",
    "path": "/models",
}
CYRILLIC, FULL_WIDTH = "\u0430", "\uff0e"

GOOD = [
    ("repo", "zai-org/GLM-5.1-FP8"),
    ("repo", "nvidia/Llama-3_3-Nemotron-Super-49B-v1_5"),
    ("repo", "tiny"),
    ("repo", "a_b/c.d-e__f"),
    ("revision", "f396cf805182f4ca10fa675e1a99815b3ca384db"),
    ("revision", "refs/pr/12"),
    ("revision", "v1.0"),
    ("served", "zai-org/GLM-5.1:fast"),
    ("folder", "/data/models/GLM-5.1"),
    ("folder", "/home/m\u00fcller/modelle/"),
    ("folder", "/data/...odd"),
    ("image", f"lmsysorg/sglang@sha256:{'0' * 64}"),
    ("image", f"ghcr.io/owner/name:tag@sha256:{'0' * 64}"),
    ("image", "localhost:5000/a/b_c/d__e:v1.2_3-4"),
    ("image", "123456789.dkr.ecr.us-east-1.amazonaws.com/sglang:v1"),
    ("app", "glm51-b200.fp8_eagle"),
    ("app", f"ap-{'a' * 21}"),
    ("app", f"ap-{'a' * 21}-"),
    ("app", "en-production"),
    ("environment", "end-to-end"),
    ("environment", f"ap-{'a' * 22}"),
    ("repo", f"{'a' * 96}/{'b' * 96}"),
    ("repo", "a/digit"),
    ("draft", "yuhuili/EAGLE3-LLaMA3.1-Instruct-8B"),
    ("draft", "/model-cache/draft"),
    ("draft", f"/model-cache/{'a' * 97}/b.git"),
    ("volume", "A1"),
    ("path", "/model-cache/a.b/..c"),
]
BAD = [
    ("repo", ".."),
    ("repo", "../x"),
    ("repo", "a/.."),
    ("repo", "a/b/c"),
    ("repo", "a--b/c"),
    ("repo", f"z{CYRILLIC}i-org/GLM"),
    ("repo", f"a{'b' * 200}"),
    ("repo", f"{'a' * 97}/b"),
    ("repo", f"a/{'b' * 97}"),
    ("repo", "a/b.git"),
    ("draft", ".."),
    ("draft", "../draft"),
    ("draft", "a/b/c"),
    ("draft", "a/b.git"),
    ("draft", f"a/{'b' * 97}"),
    ("draft", f"z{CYRILLIC}i/draft"),
    ("draft", "/models/../draft"),
    ("environment", "en-production"),
    ("environment", "EN-production"),
    ("app", f"ap-{'aB3' * 7}c"),
    ("volume", f"ap-{'aB3' * 7}c"),
    ("revision", ".."),
    ("revision", "a/../b"),
    ("revision", f"m{CYRILLIC}in"),
    ("served", f"gl{CYRILLIC}m"),
    ("folder", "/models/../etc"),
    ("folder", "/./x"),
    ("folder", "models"),
    ("image", "lmsysorg/sglang"),
    ("image", "LMSysOrg/sglang:v1"),
    ("image", "../x:v1"),
    ("image", "a/../b:v1"),
    ("image", f"lmsysorg/sgl{CYRILLIC}ng:v1"),
    ("image", f"lmsysorg/sglang:{'v' * 200}"),
    ("app", ".."),
    ("app", "a..b"),
    ("app", "../../pwn"),
    ("app", f"gl{CYRILLIC}m"),
    ("app", "a" * 65),
    ("volume", f"weights{FULL_WIDTH}v2"),
    ("path", "/.."),
    ("path", "/models/../x"),
    ("path", "/./x"),
    ("path", "models"),
]


def found(key: str, value: str) -> list[str]:
    loaded = load_profile(PROFILE.format_map({**SANE, key: value}), "p.yaml")
    return [f"{one.message}" for one in loaded.findings]


@pytest.mark.parametrize(("key", "value"), GOOD)
def test_what_is_taken(key: str, value: str) -> None:
    assert found(key, value) == []


@pytest.mark.parametrize(("key", "value"), BAD)
def test_what_is_not(key: str, value: str) -> None:
    assert len(found(key, value)) == 1


@pytest.mark.parametrize("key", ["repo", "revision", "served", "image", "app", "volume", "draft"])
def test_a_letter_of_another_alphabet_is_named(key: str) -> None:
    (message,) = found(key, f"a{CYRILLIC}/b:v1" if key == "image" else f"a{CYRILLIC}")

    assert "U+0430 CYRILLIC SMALL LETTER A" in message
    assert "ASCII" in message


def test_dots_that_lead_out_are_named() -> None:
    assert "`..`, which would lead out of a folder" in found("repo", "..")[0]


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("repo", "a/b.git", "`.git`"),
        ("draft", f"a/{'b' * 97}", "at most 96"),
        ("app", f"ap-{'a' * 22}", "an app's ID"),
        ("environment", "en-x", "IDs of environments"),
    ],
)
def test_what_no_pattern_can_say_is_said_in_words(key: str, value: str, why: str) -> None:
    assert why in found(key, value)[0]


@pytest.mark.parametrize(
    "name", ["ap-" + "a" * 22, "ap-" + "a" * 21, "en-x", "EN-x", "end", "a" * 64, "a" * 65, "a.b"]
)
def test_modals_own_client_takes_the_same_names(name: str) -> None:
    from modal._utils.name_utils import (  # noqa: PLC0415 - heavy, and for this test alone
        is_valid_environment_name,
        is_valid_object_name,
    )

    taken = is_valid_environment_name(name, allow_periods=True)
    assert (found("app", name) == []) == is_valid_object_name(name)
    assert (found("environment", name) == []) == taken


@pytest.mark.parametrize("name", ["a/b", "a/b.git", "b" * 96, "b" * 97, "a/" + "b" * 97, "a--b"])
def test_the_hubs_own_client_takes_the_same_repositories(name: str) -> None:
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415 - as above
    from huggingface_hub.utils._validators import validate_repo_id  # noqa: PLC0415

    try:
        validate_repo_id(name)
    except HFValidationError:
        assert found("repo", name) != []
    else:
        assert found("repo", name) == []


def test_no_pattern_of_the_schema_takes_more_than_it_shows() -> None:
    r"""``\w`` and ``\d`` are Unicode in pydantic, and ASCII in an editor."""
    patterns = [
        value
        for node in _nodes(json.loads(schema_text()))
        for key, value in node.items()
        if key == "pattern" or (key == "patternProperties" and isinstance(value, str))
    ]
    assert len(patterns) >= 12
    assert [one for one in patterns if r"\w" in str(one) or r"\d" in str(one)] == []


def _nodes(value: object) -> list[dict[str, object]]:
    if isinstance(value, list):
        return [node for item in value for node in _nodes(item)]
    if isinstance(value, dict):
        return [value, *(node for item in value.values() for node in _nodes(item))]
    return []
