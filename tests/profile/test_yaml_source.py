from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from deployer.finding import Finding, Severity, Span
from deployer.profile.source import Path, Source, format_path
from deployer.profile.yaml_nodes import MAX_DEPTH
from deployer.profile.yaml_scalars import Misread, resolve
from deployer.profile.yaml_source import read
from deployer.profile.yaml_text import MAX_CHARACTERS

PROFILE = """\
# what it is for
name: "glm"   # quoted
memory:
  mem_fraction_static: 0.88
  'page size': 64
modal:
  volumes:
    - mount: /weights
      name: w
    - {mount: /cache, name: 漢字}
  note: |
    two

    lines

empty: {}
"""


def said(source: Source, path: Path) -> str:
    return source.text_at(source.value_span(path))


def test_values_are_plain() -> None:
    source = read(PROFILE, "p.yaml")
    assert source.findings == ()
    assert source.complete
    assert source.value == {
        "name": "glm",
        "memory": {"mem_fraction_static": 0.88, "page size": 64},
        "modal": {
            "volumes": [{"mount": "/weights", "name": "w"}, {"mount": "/cache", "name": "漢字"}],
            "note": "two\n\nlines\n",
        },
        "empty": {},
    }


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("name",), "name", '"glm"'),
        (("memory", "mem_fraction_static"), "mem_fraction_static", "0.88"),
        (("memory", "page size"), "'page size'", "64"),
        (("memory",), "memory", "mem_fraction_static: 0.88\n  'page size': 64"),
        (("modal", "volumes", 0, "mount"), "mount", "/weights"),
        (("modal", "volumes", 1), "{mount: /cache, name: 漢字}", "{mount: /cache, name: 漢字}"),
        (("modal", "volumes", 1, "name"), "name", "漢字"),
        (("modal", "note"), "note", "|\n    two\n\n    lines"),
        (("empty",), "empty", "{}"),
    ],
)
def test_places_slice_to_what_is_written(path: Path, key: str, value: str) -> None:
    source = read(PROFILE, "p.yaml")
    assert source.written(path)
    assert source.text_at(source.key_span(path)) == key
    assert said(source, path) == value


def test_what_is_not_written_is_placed_at_what_would_hold_it() -> None:
    source = read(PROFILE, "p.yaml")
    memory = source.key_span(("memory",))
    assert not source.written(("memory", "dtype"))
    assert source.value_span(("memory", "dtype")) == memory
    assert source.span(("memory", "dtype")) == memory
    assert source.value_span(("modal", "volumes", 7, "mount")) == source.key_span(
        ("modal", "volumes")
    )
    assert source.value_span(("schedule", "policy")) == Span(1, 1, 1, 1)


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("memory.mem_fraction_static", 4, 24),
        ("memory.dtype", 3, 1),
        ("memory", 3, 1),
        ("modal.volumes[1].name", 10, 29),
        ("modal.volumes[1]", 10, 7),
        ("modal.volumes[3].name", 7, 3),
        ("schedule.policy", 1, 1),
        ("", 1, 1),
    ],
)
def test_a_finding_of_a_later_room_is_located_by_its_path(
    path: str, line: int, column: int
) -> None:
    source = read(PROFILE, "p.yaml")
    found = source.located(Finding("a-check", Severity.WARNING, path, "message"))
    assert found.file == "p.yaml"
    assert found.span is not None
    assert (found.span.line, found.span.column) == (line, column)
    assert found.source_line == ("" if line == 1 else source.lines[line - 1])


def test_paths_are_written_with_dots_and_brackets() -> None:
    assert format_path(("modal", "volumes", 0, "mount")) == "modal.volumes[0].mount"
    assert format_path(()) == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-0", 0),
        ("-12", -12),
        ("9223372036854775807", 2**63 - 1),
        ("0.5", 0.5),
        ("-1.25e-3", -0.00125),
        ("1.0E+3", 1000.0),
        ("0.5.23", "0.5.23"),
        ("0.5.10.post1", "0.5.10.post1"),
        ("v1", "v1"),
        ("nope", "nope"),
        ("-", "-"),
        ("1 000", "1 000"),
        ("8000:8000", "8000:8000"),
        ("10:99", "10:99"),
        ("2026-01", "2026-01"),
        ("2026-01-01-a", "2026-01-01-a"),
        ("0xyz", "0xyz"),
        ("1e", "1e"),
        ("e5", "e5"),
        ("_", "_"),
        ("..", ".."),
        ("5b3c4d1e", "5b3c4d1e"),
        ("org/model-FP8", "org/model-FP8"),
    ],
)
def test_plain_scalars_that_every_reader_reads_alike(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "check", "instead"),
    [
        *((word, "yaml-boolean", "`true`") for word in ("yes", "Yes", "ON", "y", "Y", "True")),
        *((word, "yaml-boolean", "`false`") for word in ("no", "No", "OFF", "n", "N", "FALSE")),
        *((word, "yaml-null", "`null`") for word in ("~", "Null", "NULL")),
        ("1e-5", "yaml-number", "`1.0e-5`"),
        ("-1E5", "yaml-number", "`-1.0e+5`"),
        ("1.5e3", "yaml-number", "`1.5e+3`"),
        ("5.", "yaml-number", "`5.0`"),
        (".5", "yaml-number", "`0.5`"),
        ("+5", "yaml-number", "`5`"),
        ("00.5", "yaml-number", "`0.5`"),
        ("08", "yaml-number", "`8`"),
        ("010", "yaml-number", "`8` or `10`"),
        ("0o10", "yaml-number", "`8`"),
        ("0x1F", "yaml-number", "`31`"),
        ("-0b11", "yaml-number", "`-3`"),
        ("1_000", "yaml-number", "`1000`"),
        ("1_000.5", "yaml-number", "`1000.5`"),
        ("9e999", "yaml-number", '"9e999"'),
        ("9" * 5000, "yaml-number", "smaller"),
        ("0x" + "f" * 5000, "yaml-number", "digits"),
        ("0" * 5000, "yaml-number", "digits"),
        (".inf", "yaml-number", "finite"),
        ("-.INF", "yaml-number", "finite"),
        (".NaN", "yaml-number", "finite"),
        ("1:30", "yaml-sexagesimal", '"1:30"'),
        ("190:20:30.15", "yaml-sexagesimal", '"190:20:30.15"'),
        ("2026-01-01", "yaml-date", '"2026-01-01"'),
        ("2026-1-1 10:00:00Z", "yaml-date", '"2026-1-1 10:00:00Z"'),
        ("<<", "yaml-merge-key", "out"),
        ("a\u00a0b", "invisible-character", "anew"),
    ],
)
def test_plain_scalars_that_readers_read_differently(text: str, check: str, instead: str) -> None:
    misread = resolve(text)
    assert isinstance(misread, Misread)
    assert misread.check == check
    assert instead in misread.hint


@given(st.from_regex(r"[-+]?[0-9._eExXob:~ynNYTtRruUfFaAlLsSoOiI-]{1,12}", fullmatch=True))
def test_what_is_accepted_means_the_same_to_pyyaml(text: str) -> None:
    """YAML 1.1 is what most Python tools read; the other half, JSON, is in the number patterns."""
    mine = resolve(text)
    if isinstance(mine, Misread) or text.startswith("-") or text != text.strip(":- "):
        return
    theirs = yaml.safe_load(f"[{text!s}]")[0] if ":" not in text else text
    assert theirs == mine


def test_quoted_scalars_are_always_text() -> None:
    source = read('a: "yes"\nb: \'010\'\nc: ""\nd: |\n  1\n\'on\': 1\n"1": 2\n', "p.yaml")
    assert source.findings == ()
    assert source.value == {"a": "yes", "b": "010", "c": "", "d": "1\n", "on": 1, "1": 2}


def test_every_problem_is_found_at_once() -> None:
    source = read("a: yes\nb: [010, {c: ~}]\na: 1\non: &x 1\nd: *x\nlist: [1", "p.yaml")
    assert [(finding.check, finding.span and finding.span.line) for finding in source.findings] == [
        ("yaml-boolean", 1),
        ("yaml-number", 2),
        ("yaml-null", 2),
        ("duplicate-key", 3),
        ("yaml-boolean", 4),
        ("yaml-anchor", 4),
        ("yaml-anchor", 5),
        ("yaml-syntax", 6),
    ]
    assert not source.complete
    assert source.value is None


def test_doubtful_values_are_known() -> None:
    source = read("a: yes\nb: {c: ~, d: 1}\n", "p.yaml")
    assert source.doubtful == {("a",), ("b", "c")}
    assert source.complete


def test_the_first_of_two_equal_keys_counts() -> None:
    source = read("a: 1\na: {b: 2}\n", "p.yaml")
    assert source.value == {"a": 1}
    assert said(source, ("a",)) == "1"


def test_nesting_and_size_have_limits() -> None:
    deep = read("a: " + "[" * 100_000, "p.yaml")
    assert [finding.check for finding in deep.findings] == ["nested-too-deep"]
    fits = read("[" * MAX_DEPTH + "]" * MAX_DEPTH, "p.yaml")
    assert [finding.check for finding in fits.findings] == ["not-a-mapping"]
    large = read("#" * (MAX_CHARACTERS + 1), "p.yaml")
    assert [finding.check for finding in large.findings] == ["file-too-large"]


def test_keys_can_be_nested_collections_of_any_depth_without_harm() -> None:
    shallow = read("? " + "[" * 5 + "]" * 5 + "\n: 1\n", "p.yaml")
    deep = read("? " + "[" * 100_000 + "]" * 100_000 + "\n: 1\n", "p.yaml")
    assert [finding.check for finding in shallow.findings] == ["non-string-key"]
    assert [finding.check for finding in deep.findings] == ["nested-too-deep"]


TEXTS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=20)
PLAIN = st.text("abcdefghiäé漢あ-/.", min_size=1).filter(
    lambda text: re.fullmatch(r"[^\W\d_].*", text) is not None and resolve(text) == text
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
    PLAIN,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(TEXTS, PLAIN), inner, max_size=3)
    ),
    max_leaves=12,
)


def written(value: object) -> str:
    """Write one scalar so that strict YAML reads it back."""
    if isinstance(value, str):
        plain = re.fullmatch(r"[^\W\d_][\w./-]*", value) and resolve(value) == value
        return value if plain else json.dumps(value)
    if isinstance(value, float):
        text = repr(value)
        return text if "e" not in text or "." in text else text.replace("e", ".0e")
    return json.dumps(value)


def laid_out(value: object, indent: str) -> str:
    """Write a value in block style below its key, or beside it where it is a scalar or empty."""
    if isinstance(value, dict) and value:
        lines = (f"{indent}{written(k)}:{laid_out(v, indent + '  ')}" for k, v in value.items())
        return "\n" + "\n".join(lines)
    if isinstance(value, list) and value:
        return "\n" + "\n".join(f"{indent}-{laid_out(item, indent + '  ')}" for item in value)
    return f" {written(value)}"


def leaves(value: Any, path: Path = ()) -> list[tuple[Path, object]]:
    if isinstance(value, dict) and value:
        return [leaf for k, inner in value.items() for leaf in leaves(inner, (*path, k))]
    if isinstance(value, list) and value:
        return [leaf for i, inner in enumerate(value) for leaf in leaves(inner, (*path, i))]
    return [(path, value)]


@given(st.dictionaries(st.one_of(TEXTS, PLAIN), VALUES, min_size=1, max_size=4))
def test_what_is_written_is_read_back_and_every_place_slices_to_it(value: dict[str, Any]) -> None:
    source = read(laid_out(value, "").lstrip("\n") + "\n", "p.yaml")
    assert source.findings == ()
    assert source.value == value
    for path, leaf in leaves(value):
        assert said(source, path) == written(leaf)
        if isinstance(path[-1], str):
            assert source.text_at(source.key_span(path)) == written(path[-1])
