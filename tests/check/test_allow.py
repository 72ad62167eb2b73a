"""What an author allows by a comment, and what is wrong with such comments."""

from __future__ import annotations

import pytest
import yaml

from deployer.check.run import load_checked
from deployer.finding import Finding, Severity
from tests.check.test_checks import SANE

REST = yaml.safe_dump({n: v for n, v in SANE.items() if n != "modal"}, sort_keys=False)
UNKNOWN = "memory-not-looked-at"
"""Nobody knows the model of this profile."""
MODAL = yaml.safe_dump({"modal": {**SANE["modal"], "api_key_secret": None}}, sort_keys=False)
OPEN = """\
serving:
  {above}
  api_key_env: null {beside}
  port: 9000 {below}
"""
ID = "public-without-key"
REASON = "only for the demonstration on Friday"


def found(above: str = "# -", beside: str = "", below: str = "") -> list[Finding]:
    text = OPEN.format(above=above, beside=beside, below=below) + REST + MODAL
    loaded, findings = load_checked(text, "p.yaml")
    assert loaded.profile is not None
    return [one for one in findings if one.check != UNKNOWN]


def ids(findings: list[Finding]) -> list[str]:
    return [one.check for one in findings if not one.allowed and one.check != UNKNOWN]


def test_without_a_comment_it_is_found() -> None:
    assert ids(found()) == [ID]


@pytest.mark.parametrize("where", ["above", "beside"])
@pytest.mark.parametrize(
    "comment",
    [
        f"# deployer: allow[{ID}] {REASON}",
        f"#deployer:allow[ {ID} ]: {REASON}",
        f"# deployer: allow[{ID},{ID}] {REASON}",
        f"# nobody else is there # deployer: allow[{ID}] {REASON}",
    ],
)
def test_a_comment_with_a_reason_allows_it(where: str, comment: str) -> None:
    findings = found(**{where: comment})

    assert ids(findings) == []
    assert [(one.check, one.allowed) for one in findings] == [(ID, REASON)]


def test_a_comment_above_reaches_over_empty_lines_and_other_comments() -> None:
    assert ids(found(above=f"# deployer: allow[{ID}] {REASON}\n\n  # and more")) == []


def test_a_comment_beside_another_value_is_about_that_value() -> None:
    assert ids(found(below=f"# deployer: allow[{ID}] {REASON}")) == [ID, "allow-unused"]


def test_what_is_about_the_whole_file_is_allowed_above_its_first_key() -> None:
    text = f"# deployer: allow[{ID}] {REASON}\nserving: {{api_key_env: null}}\n" + REST + MODAL
    _, findings = load_checked(text, "p.yaml")

    assert [one.allowed for one in findings if one.check != UNKNOWN] == [REASON]


def test_a_comment_that_only_speaks_of_it_allows_nothing() -> None:
    assert ids(found(beside=f"# one could write `# deployer: allow[{ID}] {REASON}`")) == [ID]


def test_an_unused_one_behind_another_comment_is_shown_where_it_begins() -> None:
    (_, unused) = found(beside="# nobody # deployer: allow[gpus-unused] why")

    assert unused.span is not None
    assert unused.source_line[unused.span.column - 1 :] == "# deployer: allow[gpus-unused] why"


def test_no_reason_allows_nothing() -> None:
    findings = found(beside=f"# deployer: allow[{ID}]")

    assert ids(findings) == [ID, "allow-without-reason"]
    assert [one.severity for one in findings] == [Severity.WARNING, Severity.ERROR]


def test_an_unused_allowance_is_shown_at_its_comment() -> None:
    comment = f"# deployer: allow[gpus-unused, {ID}] {REASON}"
    (_, unused) = found(beside=comment)

    assert (unused.check, unused.severity) == ("allow-unused", Severity.WARNING)
    assert unused.message == "`gpus-unused` finds nothing at line 3, so it allows nothing"
    assert unused.span is not None
    line, start, end = unused.span.line, unused.span.column - 1, unused.span.end_column - 1
    assert (line, unused.source_line[start:end]) == (3, comment)


@pytest.mark.parametrize(
    ("comment", "hint"),
    [
        ("# deployer: allow[public-without-keys] why", "did you mean `public-without-key`"),
        ("# deployer: allow[yaml-null] why", "`deployer explain` lists them"),
        ("# deployer: allow[target-lacks-parts] why", "`deployer explain` lists them"),
        ("# deployer: allow public-without-key", "write `# deployer: allow[id] reason`"),
        ("# deployer: allow[] why", "write `# deployer: allow[id] reason`"),
    ],
)
def test_an_unknown_id_is_told_with_near_names(comment: str, hint: str) -> None:
    findings = found(beside=comment)

    assert ids(findings) == [ID, "allow-unknown"] or ids(findings) == ["allow-unknown", ID]
    assert any(hint in one.hint for one in findings)


def test_a_number_sign_within_a_value_is_no_comment() -> None:
    text = OPEN.format(above="# -", beside="", below="") + REST + MODAL
    value = f"'x # deployer: allow[{ID}] {REASON}'"
    text = text.replace("engine:\n", f"engine:\n  env:\n    NCCL_X: {value}\n")
    loaded, findings = load_checked(text, "p.yaml")

    assert loaded.profile is not None
    assert ids(list(findings)) == [ID]


def test_what_keeps_a_profile_from_being_read_cannot_be_allowed() -> None:
    _, findings = load_checked("name: on # deployer: allow[yaml-boolean] it is fine\n", "p.yaml")

    assert "yaml-boolean" in [one.check for one in findings if not one.allowed]


def test_what_cannot_be_carried_out_cannot_be_allowed() -> None:
    text = f"target: modal # deployer: allow[target-lacks-parts] {REASON}\n"
    without = {n: v for n, v in SANE.items() if n not in {"modal", "target"}}
    _, findings = load_checked(text + yaml.safe_dump(without, sort_keys=False), "p.yaml")

    assert {"target-lacks-parts", "allow-unknown"} <= set(ids(list(findings)))


def test_only_an_allowance_of_what_was_looked_for_is_unused() -> None:
    text = OPEN.format(above=f"# deployer: allow[gpus-unused] {REASON}", beside="", below="")
    kept = frozenset({ID, "allow-unused"})
    _, findings = load_checked(text + REST + MODAL, "p.yaml", kept)

    assert ids(list(findings)) == [ID]
