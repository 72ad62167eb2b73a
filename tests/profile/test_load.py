from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from deployer.finding import Severity
from deployer.profile.load import Loaded, load, load_profile
from deployer.report.findings import text as rendered
from deployer.report.findings import to_json

if TYPE_CHECKING:
    from deployer.profile.model import Profile

VALID = """\
name: glm
target: local
model:
  repo: org/glm
  served_name: glm
hardware:
  gpu: H100
  count: 8
engine:
  version: 0.5.10
lifecycle:
  warmup: [chat, tools]
"""


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Draft(Strict):
    steps: int = 3
    tokens: int = 4
    topk: int = 1

    @model_validator(mode="after")
    def tokens_follow(self) -> Draft:
        if self.topk > 1:
            msg = "only chains are supported"
            raise ValueError(msg)
        if self.tokens != self.steps + 1:
            kind, message = "contradicting_number", "`tokens` is always `steps` + 1, here {right}"
            context = {"key": "tokens", "right": self.steps + 1, "hint": "leave `tokens` out"}
            raise PydanticCustomError(kind, message, context)
        return self


class Cat(Strict):
    kind: Literal["cat"]


class Dog(Strict):
    kind: Literal["dog"]


class Small(Strict):
    draft: Draft | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    even: Annotated[int, Field(multiple_of=2)] = 2
    short: Annotated[str, Field(max_length=3)] = ""
    few: Annotated[list[int], Field(min_length=1, max_length=2)] = [1]
    size: int | Literal["auto", "full"] = "auto"
    nothing: None = None
    odd: bytes = b""
    path: str = "/"

    @field_validator("path")
    @classmethod
    def absolute(cls, value: str) -> str:
        if not value.startswith("/"):
            msg = "a path begins with `/`"
            raise ValueError(msg)
        return value


def findings(text: str) -> list[tuple[str, str, str, str]]:
    """Check, place, message and hint of everything wrong with a small profile."""
    loaded = load(Small, text, "s.yaml")
    assert (loaded.profile is None) == bool(loaded.findings)
    return [
        (each.check, f"{each.span.line}:{each.span.column}", each.message, each.hint)
        for each in loaded.findings
        if each.span
    ]


def test_a_valid_profile_comes_with_its_places() -> None:
    loaded = load_profile(VALID, "p.yaml")
    assert loaded.findings == ()
    assert loaded.profile is not None
    assert loaded.profile.lifecycle.warmup == ("chat", "tools")
    assert loaded.source.text_at(loaded.source.value_span(("hardware", "count"))) == "8"


def test_the_result_is_frozen() -> None:
    loaded = load_profile(VALID, "p.yaml")
    with pytest.raises(AttributeError):
        loaded.profile = None  # type: ignore[misc]


def test_a_validator_of_a_section_is_placed_at_the_section() -> None:
    assert findings("draft:\n  topk: 2\n") == [
        ("invalid-value", "1:1", "`draft`: only chains are supported", "")
    ]


def test_a_validator_that_names_a_key_is_placed_there() -> None:
    expected = ("`draft.tokens`: `tokens` is always `steps` + 1, here 6", "leave `tokens` out")
    assert findings("draft:\n  steps: 5\n  tokens: 5\n") == [
        ("contradicting-number", "3:11", *expected)
    ]
    assert findings("draft:\n  steps: 5\n") == [("contradicting-number", "1:1", *expected)]


def test_a_validator_of_a_value_is_placed_at_the_value() -> None:
    assert findings("path: tmp\n") == [
        ("invalid-value", "1:7", "`path`: a path begins with `/`", "")
    ]


def test_a_validator_is_not_heard_about_a_value_that_yaml_doubts() -> None:
    assert [each[0] for each in findings("draft:\n  topk: 2\n  steps: 0x3\n")] == ["yaml-number"]
    assert [each[0] for each in findings("few: [1, *x]\nsize: ~\n")] == ["yaml-anchor", "yaml-null"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("even: 3", ("out-of-bounds", "1:7", "`even` must be a multiple of 2, found 3", "")),
        (
            "short: four",
            ("out-of-bounds", "1:8", "`short` must have at most 3 characters, found 4", ""),
        ),
        ("few: []", ("out-of-bounds", "1:6", "`few` must have at least 1 entry, found 0", "")),
        (
            "few: [1, 2, 3]",
            ("out-of-bounds", "1:6", "`few` must have at most 2 entries, found 3", ""),
        ),
        (
            "size: 1.5",
            (
                "wrong-type",
                "1:7",
                "`size`: expected `auto`, `full` or a whole number, found the number 1.5",
                "",
            ),
        ),
        (
            "size: fulll",
            (
                "not-a-choice",
                "1:7",
                '`size`: the text "fulll" is not one of its choices',
                "did you mean `full`? Otherwise write `auto`, `full` or a whole number",
            ),
        ),
        (
            "nothing: 1",
            ("wrong-type", "1:10", "`nothing`: expected `null`, found the number 1", ""),
        ),
        (
            "pet: {kind: cow}",
            ("not-a-choice", "1:6", "`pet`: `cow` is not a `kind`", "write `cat` or `dog`"),
        ),
        (
            "pet: {}",
            (
                "missing-key",
                "1:6",
                "`kind` is missing in `pet`: it decides which keys apply",
                "add `kind: …`",
            ),
        ),
        (
            "pet: {kind: dog, age: 3}",
            ("unknown-key", "1:18", "`age` is not a key of `pet`", "its keys are `kind`"),
        ),
        # An error type without a wording of its own keeps pydantic's message.
        ("odd: 5", ("bytes-type", "1:6", "`odd`: Input should be a valid bytes", "")),
    ],
)
def test_wordings_that_no_section_uses_yet(text: str, expected: tuple[str, ...]) -> None:
    assert findings(text) == [expected]


def test_findings_are_sorted_by_place() -> None:
    loaded = load_profile(VALID.replace("count: 8", "count: 9").replace("glm\n", "y\n"), "p.yaml")
    lines = [finding.span.line for finding in loaded.findings if finding.span]
    assert lines == [1, 5, 8]


def test_reading_takes_as_long_as_the_text_is() -> None:
    """Counted in calls, which no machine makes more or fewer of."""
    comment = "# a comment that says why the value above is what it is, at some length\n"
    load_profile(VALID, "p.yaml")  # what is done once
    short, long = (calls(VALID + comment * many) for many in (100, 1000))

    assert long < 10 * short


def calls(text: str) -> int:
    """Count the functions that are called to load a text."""
    made = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal made
        made += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        load_profile(text, "p.yaml")
    finally:
        sys.setprofile(before)
    return made


def test_importing_the_loader_imports_only_yaml_and_pydantic() -> None:
    code = (
        "import sys, deployer.profile.load, deployer.report.findings\n"
        "heavy = {'rich', 'modal', 'torch', 'openai', 'jinja2', 'requests', 'huggingface_hub'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def holds(loaded: Loaded[Profile], text: str) -> None:
    """A profile or an error, and a rendering that any terminal can show."""
    errors = [each for each in loaded.findings if each.severity is Severity.ERROR]
    assert (loaded.profile is None) == bool(errors), text
    shown = rendered(loaded.findings, color=False)
    assert all(character == "\n" or character.isprintable() for character in shown)
    shown.encode()
    to_json(loaded.findings).encode()
    for finding in loaded.findings:
        assert finding.span is not None
        assert 1 <= finding.span.line <= len(loaded.source.lines)
        assert 1 <= finding.span.column <= len(loaded.source.line(finding.span.line)) + 1
        assert (finding.span.end_line, finding.span.end_column) >= (
            finding.span.line,
            finding.span.column,
        )


@given(st.text(max_size=60))
def test_any_text_gives_a_profile_or_an_error(text: str) -> None:
    holds(load_profile(text, "p.yaml"), text)


SIGNS = "\n\n\n\n:: --  [],{}#&*!|>'\"%@`?~<.\\\t\r0e_"
WORDS = ["name", "model", "memory", "page_size", "1", "yes", "null", "true", "<<", "é", "漢"]
MARKS = [": ", "- ", "\n  ", "\n    ", "---\n", "...\n", "%YAML 1.1\n", "!!int ", "&a ", "*a"]
ODD = ["\ufeff", "\0", "\udce9", "\u2028", '"\\', "\\U00110000"]
PIECES = st.sampled_from([*SIGNS, *WORDS, *MARKS, *ODD])


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_yaml_like_text_gives_a_profile_or_an_error(text: str) -> None:
    holds(load_profile(text, "p.yaml"), text)


@given(st.integers(0, len(VALID)), st.integers(0, 12), st.lists(PIECES, max_size=3).map("".join))
def test_any_slip_in_a_valid_profile_gives_a_profile_or_an_error(
    start: int, removed: int, typed: str
) -> None:
    text = VALID[:start] + typed + VALID[start + removed :]
    holds(load_profile(text, "p.yaml"), text)
