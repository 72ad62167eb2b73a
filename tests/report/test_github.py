"""GitHub workflow commands: one a finding, at its place, with nothing that forges another."""

from __future__ import annotations

from deployer.check.run import load_checked
from deployer.finding import Finding, Severity, Span
from deployer.report.github import workflow_commands


def finding(**fields: object) -> Finding:
    base: dict[str, object] = {
        "check": "unknown-key",
        "severity": Severity.ERROR,
        "path": "memory.mem_fraction",
        "message": "`mem_fraction` is not a key of `memory`",
    }
    return Finding(**{**base, **fields})  # type: ignore[arg-type]


def test_a_finding_is_shown_at_its_line_and_columns() -> None:
    found = finding(file="profiles/x.yaml", span=Span(12, 3, 12, 15), hint="write the whole name")

    assert workflow_commands([found]) == (
        "::error file=profiles/x.yaml,line=12,endLine=12,col=3,endColumn=14,title=unknown-key::"
        "`mem_fraction` is not a key of `memory`%0Awrite the whole name\n"
    )


def test_columns_are_left_out_where_several_lines_are_meant() -> None:
    found = finding(file="x.yaml", span=Span(2, 5, 4, 1), severity=Severity.WARNING)

    assert workflow_commands([found]).startswith("::warning file=x.yaml,line=2,endLine=4,title=")


def test_a_note_without_a_place_is_a_notice() -> None:
    assert workflow_commands([finding(severity=Severity.NOTE, message="m")]) == (
        "::notice title=unknown-key::m\n"
    )


def test_no_value_can_begin_a_command_of_its_own() -> None:
    found = finding(message="a\n::set-output name=x::y\r100%", file="a,b:c%\n.yaml")

    assert workflow_commands([found]) == (
        "::error file=a%2Cb%3Ac%25\\n.yaml,title=unknown-key::a\\n::set-output name=x::y\\r100%25\n"
    )


def test_nothing_found_says_nothing() -> None:
    assert workflow_commands([]) == ""


MISTAKES = """\
name: glm
target: modal
model: {served_name: 漢字, repo: a b, revision: main}
hardware:
  gpu: B200
  count: 8
engine:
  version: 0.5.10.post1
  args:
    "enable-mixed": true
parallel: {tp: 4}
memory:
  mem_fraction: 0.8
serving:
  api_key_env: ~
"""


def annotated(text: str) -> dict[str, str]:
    """Give what the annotations of a text point at, by their titles."""
    _, findings = load_checked(text, "p.yaml")
    found = {}
    for command in workflow_commands(findings).splitlines():
        stated = command.removeprefix("::").split("::")[0].split(" ", 1)[1]
        at = dict(part.split("=") for part in stated.split(","))
        assert at["line"] == at["endLine"]
        line = text.split("\n")[int(at["line"]) - 1]
        found[at["title"]] = line[int(at["col"]) - 1 : int(at["endColumn"])]
    return found


def test_annotations_of_yaml_and_schema_point_at_what_is_meant() -> None:
    found = annotated(MISTAKES)

    assert found["unknown-key"] == "mem_fraction"
    assert found["yaml-null"] == "~"
    assert found["bad-pattern"] == "a b"


def test_annotations_of_checks_point_at_what_is_meant() -> None:
    text = MISTAKES.replace("mem_fraction:", "mem_fraction_static:")
    found = annotated(text.replace("~", "null").replace("a b", "a/b"))

    assert found["abbreviated-flag"] == "true"
    assert found["gpus-unused"] == "4"
    assert found["public-without-key"] == "null"
    assert found["revision-unpinned"] == "main"


def test_what_is_allowed_is_not_annotated() -> None:
    assert workflow_commands([finding(allowed="it is a demonstration")]) == ""
