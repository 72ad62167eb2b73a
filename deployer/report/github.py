"""Findings as GitHub's workflow commands, which show them at their lines in a pull request.

Source of the form and of its escapes: docs.github.com, "Workflow commands for GitHub Actions", and
actions/toolkit ``packages/core/src/command.ts``.
"""

from __future__ import annotations

from collections.abc import Iterable

from deployer.finding import Finding, Severity
from deployer.visible import visible, visible_lines

LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def workflow_commands(findings: Iterable[Finding]) -> str:
    """Give one workflow command a finding; the empty text for none, or for what is allowed."""
    return "".join(f"{_command(finding)}\n" for finding in findings if not finding.allowed)


def _command(finding: Finding) -> str:
    properties = {"file": visible(finding.file), **_place(finding), "title": finding.check}
    stated = ",".join(f"{name}={_property(str(v))}" for name, v in properties.items() if v)
    parts = (visible(finding.message), visible_lines(finding.hint), visible(finding.link))
    return f"::{LEVEL[finding.severity]} {stated}::{_data(chr(10).join(p for p in parts if p))}"


def _place(finding: Finding) -> dict[str, int]:
    """Give the place; GitHub ignores columns where the lines differ."""
    span = finding.span
    if span is None:
        return {}
    lines = {"line": span.line, "endLine": span.end_line}
    if span.line != span.end_line:
        return lines
    return {**lines, "col": span.column, "endColumn": max(span.column, span.end_column - 1)}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
