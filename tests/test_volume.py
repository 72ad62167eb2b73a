"""How much is tried, and how long it may take, is said in one place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import settings

from tests.volume import EXAMPLES, VOLUME, scaled

SAID_HERE = {Path("tests/conftest.py"), Path("tests/volume.py")}
SPEED = {"deadline", "max_examples", "stateful_step_count"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_profile_has_a_deadline(name: str) -> None:
    profile = settings.get_profile(name)

    assert profile.deadline is None
    assert profile.max_examples == EXAMPLES[name]
    assert profile.print_blob
    assert profile.derandomize == (name != "thorough")


def test_the_profile_in_force_is_the_one_that_was_asked_for() -> None:
    assert settings().max_examples == EXAMPLES[VOLUME]
    assert settings().deadline is None
    assert scaled(0.5).max_examples == EXAMPLES[VOLUME] / 2
    assert scaled(0.0).max_examples == 1
    assert scaled(2).deadline is None


def test_no_test_says_for_itself_how_much_or_how_fast() -> None:
    found = [
        f"{file}:{call.lineno}: `{word.arg}=`"
        for file in sorted(Path("tests").rglob("*.py"))
        if file not in SAID_HERE
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and _named(call.func) in {"settings", "scaled"}
        for word in call.keywords
        if word.arg in SPEED
    ]

    assert found == [], "say it in a profile (tests/conftest.py), or as `scaled`"


def _named(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
