"""Patterns of paths: what a shell would take, for shells that did not expand them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.cli.patterns import before, is_pattern, matches, spells_an_ending


@pytest.mark.parametrize(
    ("pattern", "path", "taken"),
    [
        ("profiles/*.yaml", "profiles/a.yaml", True),
        ("profiles/*.yaml", "profiles/a.yml", False),
        ("profiles/*.yaml", "profiles/deep/a.yaml", False),
        ("profiles/*.yaml", "other/profiles/a.yaml", False),
        ("*.y*ml", "a.yml", True),
        ("*.yaml", ".hidden.yaml", False),
        (".*.yaml", ".hidden.yaml", True),
        ("deploy/**", "deploy/a.yaml", True),
        ("deploy/**", "deploy/deep/er/a.yaml", True),
        ("deploy/**", "deployed/a.yaml", False),
        ("deploy/**", "deploy/.git/a.yaml", False),
        ("deploy/**/*.yml", "deploy/a.yml", True),
        ("deploy/**/*.yml", "deploy/deep/er/a.yml", True),
        ("**/glm.yaml", "glm.yaml", True),
        ("**/glm.yaml", "a/b/glm.yaml", True),
        ("**/glm.yaml", "a/b/notglm.yaml", False),
        ("a?.yaml", "ab.yaml", True),
        ("a?.yaml", "a/.yaml", False),
        ("[ab].yaml", "a.yaml", True),
        ("[!ab].yaml", "a.yaml", False),
        ("[!ab].yaml", "c.yaml", True),
        ("[a", "[a", True),
        ("a+(b).yaml", "a+(b).yaml", True),
        ("./a/*.yaml", "a/b.yaml", True),
        ("a.b*", "axbc", False),
    ],
)
def test_what_a_pattern_takes(pattern: str, path: str, taken: bool) -> None:
    assert matches(pattern, path) is taken


@given(st.text(st.sampled_from("ab./*?[]!-^\\"), max_size=12), st.text("ab./", max_size=8))
def test_no_pattern_is_an_error(pattern: str, path: str) -> None:
    assert matches(pattern, path) in {True, False}


def test_what_a_pattern_says_of_itself() -> None:
    assert [before(p) for p in ("a/b/*.yaml", "**/x", "/a/*", "/*", "a*/b/c")] == [
        "a/b",
        "",
        "/a",
        "/",
        "",
    ]
    endings = ("*.yaml", "a/*.y*ml", "a/*.y?ml", "x.yml", "*.y[a]ml")
    assert all(spells_an_ending(p) for p in endings)
    assert not any(spells_an_ending(p) for p in ("a/**", "a/*", "*.yaml/**"))
    assert is_pattern("a?")
    assert not is_pattern("a/b.yaml")
