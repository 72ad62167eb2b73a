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
  weights: {{volume: {volume}, path: {path}}}
  kernel_cache: {{volume: kernels, path: /kernels}}
"""
SANE = {
    "repo": "a/b",
    "revision": "main",
    "served": "b",
    "folder": "null",
    "image": "lmsysorg/sglang:v0.5.10.post1-cu130",
    "app": "app",
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


@pytest.mark.parametrize("key", ["repo", "revision", "served", "image", "app", "volume"])
def test_a_letter_of_another_alphabet_is_named(key: str) -> None:
    (message,) = found(key, f"a{CYRILLIC}/b:v1" if key == "image" else f"a{CYRILLIC}")

    assert "U+0430 CYRILLIC SMALL LETTER A" in message
    assert "ASCII" in message


def test_dots_that_lead_out_are_named() -> None:
    assert "`..`, which would lead out of a folder" in found("repo", "..")[0]


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
