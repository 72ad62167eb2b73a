"""GitHub workflow commands: one a finding, at its place, with nothing that forges another."""

from __future__ import annotations

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
        "::error file=a%2Cb%3Ac%25%0A.yaml,title=unknown-key::a%0A::set-output name=x::y%0D100%25\n"
    )


def test_nothing_found_says_nothing() -> None:
    assert workflow_commands([]) == ""
