"""Names and values that others wrote begin no line and no command, in any form of a finding."""

from __future__ import annotations

import json

import pytest

from deployer.cli.say import harmless
from deployer.finding import Finding, Severity, Span
from deployer.report.findings import text
from deployer.report.github import workflow_commands
from deployer.report.sarif import sarif

ODD = "a\n::error::b\x1b[2J\u202e\u3164\u2800c"
SHOWN = "a\\n::error::b\\x1b[2J\\u202e\\u3164\\u2800c"
FOUND = Finding(
    check="unknown-key",
    severity=Severity.ERROR,
    path="x",
    message=f"`{ODD}` is not a key",
    hint=f"did you mean this?\nor {ODD.partition(chr(10))[2]}",
    file=f"{ODD}.yaml",
    span=Span(1, 1, 1, 2),
    source_line="\u3164x: 1",
)


def test_on_a_terminal() -> None:
    shown = text([FOUND], color=False)

    assert shown.startswith(f"{SHOWN}.yaml:1:1: error[unknown-key]: `{SHOWN}` is not a key\n")
    assert shown == harmless(shown)
    assert not any(line.startswith("::") for line in shown.splitlines())


def test_as_annotations() -> None:
    (line,) = workflow_commands([FOUND]).splitlines()

    assert line.startswith("::error file=a\\n%3A%3Aerror%3A%3Ab\\x1b[2J")
    assert line == harmless(line)


def test_in_sarif() -> None:
    (result,) = json.loads(sarif([FOUND]))["runs"][0]["results"]

    assert result["message"]["text"].splitlines()[0] == f"`{SHOWN}` is not a key"


@pytest.mark.parametrize("odd", ["\u115f", "\uffa0", "\u180e", "\u200b", "\u2066"])
def test_what_is_blank_is_seen_in_the_source_line(odd: str) -> None:
    blank = Finding("x", Severity.ERROR, "x", "m", span=Span(1, 1, 1, 2), source_line=f"{odd}x")

    assert "1 | \ufffdx" in text([blank], color=False)
