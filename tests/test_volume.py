"""How much is tried, and how long it may take, is said in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.conftest import pytest_ignore_collect
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
        for file, call in _calls("settings(", "scaled(")
        if file not in SAID_HERE and _named(call.func) in {"settings", "scaled"}
        for word in call.keywords
        if word.arg in SPEED
    ]

    assert found == [], "say it in a profile (tests/conftest.py), or as `scaled`"


def test_no_test_gives_a_slow_machine_too_little_time() -> None:
    """What is waited for has a minute at least; only what must not come is given less."""
    found = [
        f"{file}:{call.lineno}: {ast.unparse(call)[:80]}"
        for file, call in _calls("timeout=", "patience=", ".wait(", ".join(")
        if _hurried(call) and "fuzz" not in file.parts  # which asks what comes, not when
    ]

    assert found == []


def test_the_time_after_which_a_test_hangs_is_said_once() -> None:
    found = [(file, call.lineno) for file, call in _calls("mark.timeout") if _hangs(call)]

    assert found == [], "it stands in pyproject.toml"


@pytest.mark.parametrize(
    ("text", "words", "left_out"),
    [
        ("pytestmark = pytest.mark.process\n", "not engine and not process", True),
        ("pytestmark = pytest.mark.process\n", "not engine", None),
        ("pytestmark = pytest.mark.process\n", "process", None),
        ("pytestmark = pytest.mark.process\n", "not process or engine", None),
        ("pytestmark = [pytest.mark.engine, pytest.mark.wheels]\n", "wheels and not engine", True),
        ("pytestmark = [\n    pytest.mark.engine,\n]\n", "not engine", True),
        ("@pytest.mark.process\ndef test() -> None: ...\n", "not process", None),
        ("@pytest.mark.process\ndef test() -> None: ...\n", "process and not engine", None),
        ("@pytest.mark.process\ndef test() -> None: ...\n", "engine", True),
        ("def test() -> None: ...\n", "process and not engine", True),
        ("def test() -> None: ...\n", "engine or wheels", None),
        ("", "", None),
    ],
)
def test_only_a_file_of_which_no_test_would_run_is_left_out(
    text: str, words: str, left_out: bool | None, tmp_path: Path, pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    file = tmp_path / "test_it.py"
    file.write_text(text)
    monkeypatch.setattr(pytestconfig.option, "markexpr", words)

    assert pytest_ignore_collect(file, pytestconfig) is left_out


def test_a_mark_stands_in_the_file_of_its_tests() -> None:
    """By it `pytest_ignore_collect` knows which files to import."""
    texts = {file: file.read_text(encoding="utf-8") for file in Path("tests").rglob("*.py")}
    own = Path("tests/test_volume.py")

    assert {own} == {file for file, text in texts.items() if "add_marker" in text}
    assert not [
        file for file in texts if file.name == "conftest.py" and "\npytestmark =" in texts[file]
    ]


LEAST_SECONDS = 60


def _calls(*words: str) -> Iterator[tuple[Path, ast.Call]]:
    """Give every call of the tests' sources, of the files that hold one of the words."""
    for file in sorted(Path("tests").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if any(word in text for word in words):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call):
                    yield file, node


def _hangs(call: ast.Call) -> bool:
    return ast.unparse(call.func).endswith("mark.timeout")


def _hurried(call: ast.Call) -> bool:
    given = [word.value for word in call.keywords if word.arg in {"timeout", "patience"}]
    if _named(call.func) in {"wait", "join"}:
        given += call.args[:1]
    return any(
        isinstance(each, ast.Constant)
        and isinstance(each.value, int | float)
        and each.value < LEAST_SECONDS
        for each in given
    )


def _named(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
