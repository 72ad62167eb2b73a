import subprocess
import sys
from typing import Annotated, Literal

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from deployer.finding import Severity
from deployer.profile import yaml_source
from deployer.profile.field import After, Limits, made
from deployer.profile.load import Loaded, load, load_profile
from deployer.profile.model import Profile
from deployer.profile.section import Section
from deployer.report.findings import text as rendered
from deployer.report.findings import to_json

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


def absolute(value: str) -> str:
    if not value.startswith("/"):
        msg = "a path begins with `/`"
        raise ValueError(msg)
    return value


class Small(Section):
    short: Annotated[str, Limits(max_length=3)] = ""
    one: Annotated[str, Limits(max_length=1)] = ""
    size: int | Literal["auto", "full"] = "auto"
    path: Annotated[str, After(absolute)] = "/"
    few: list[int | float] = made(list)
    paths: dict[str, Annotated[str, After(absolute)]] = made(dict)


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


def test_a_validator_of_a_value_is_placed_at_the_value() -> None:
    assert findings("path: tmp\n") == [
        ("invalid-value", "1:7", "`path`: a path begins with `/`", "")
    ]


def test_a_validator_is_not_heard_about_a_value_that_yaml_doubts() -> None:
    assert [each[0] for each in findings("few: [1, *x]\nsize: ~\n")] == ["yaml-anchor", "yaml-null"]
    assert [each[0] for each in findings("path: 0x3\npaths: {a: b}\n")] == [
        "yaml-number",
        "invalid-value",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "short: four",
            ("out-of-bounds", "1:8", "`short` must have at most 3 characters, found 4", ""),
        ),
        (
            "one: four",
            ("out-of-bounds", "1:6", "`one` must have at most 1 character, found 4", ""),
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
            "few: [1, [2]]",
            ("wrong-type", "1:10", "`few[1]`: expected a number, found a list", ""),
        ),
        (
            "paths: {a: b}",
            ("invalid-value", "1:12", "`paths.a`: a path begins with `/`", ""),
        ),
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


def test_importing_the_loader_imports_yaml_and_no_more() -> None:
    code = (
        "import sys, deployer.profile.load, deployer.report.findings\n"
        "heavy = {'pydantic', 'rich', 'modal', 'torch', 'openai', 'jinja2', 'requests'}\n"
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


def both_read_alike(text: str) -> None:
    """Libyaml's events are trusted only where nothing is wrong; there the others say the same."""
    quick = yaml_source.read(text, "p.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_source, "QUICK", None)
        slow = yaml_source.read(text, "p.yaml")
    assert quick == slow
    assert quick.places == slow.places


@given(st.lists(PIECES, max_size=25).map("".join))
@example("a: [b, c?d]\n")
@example("a:\tb\n")
@example("a: >#b\n  c\n")
@example("a: |2-#b\n  c\n")
@example("a: 'b\n\n  c'\nd: >-\n  e\n   f\n\ng: {h: [i, \"j\\u0041\"]}\n")
def test_the_quick_reader_reads_as_the_slow_one(text: str) -> None:
    both_read_alike(text)


@given(st.integers(0, len(VALID)), st.integers(0, 12), st.lists(PIECES, max_size=3).map("".join))
def test_the_quick_reader_reads_a_slip_as_the_slow_one(
    start: int, removed: int, typed: str
) -> None:
    both_read_alike(VALID[:start] + typed + VALID[start + removed :])


@pytest.mark.skipif(yaml_source.QUICK is None, reason="PyYAML was built without libyaml")
def test_a_sound_profile_is_read_quickly() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "SafeLoader", None)
        assert load_profile(VALID, "p.yaml").profile is not None
