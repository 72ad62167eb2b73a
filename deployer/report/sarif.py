"""Findings as SARIF 2.1.0, which code hosts show beside the lines and remember from run to run.

Source of the form: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0",
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Columns count characters, as in
:class:`deployer.finding.Span`, whose end is exclusive in SARIF, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from deployer.check.command import FILE as COMMAND
from deployer.check.pages import Page, page
from deployer.distribution import version
from deployer.finding import Finding, Severity, Span
from deployer.report.pages import markdown, text
from deployer.visible import visible, visible_lines

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}

Json = dict[str, Any]


def sarif(findings: Iterable[Finding]) -> str:
    """Write findings as one run of SARIF, with a rule for each check that found something.

    What its author allows is there too, as a suppressed result with the reason.
    """
    found = tuple(findings)
    names = sorted({finding.check for finding in found})
    driver = {
        "name": "deployer",
        "version": version(),
        "rules": [_rule(page(name)) for name in names],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, names) for finding in found],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(about: Page) -> Json:
    rule: Json = {
        "id": about.name,
        "shortDescription": {"text": about.what},
        "fullDescription": {"text": about.why},
        "help": {"text": text(about, color=False), "markdown": markdown(about)},
        "defaultConfiguration": {"level": LEVEL[about.severity]},
    }
    return {**rule, "helpUri": about.link} if about.link else rule


def _result(finding: Finding, names: Sequence[str]) -> Json:
    result: Json = {
        "ruleId": finding.check,
        "ruleIndex": names.index(finding.check),
        "level": LEVEL[finding.severity],
        "message": {"text": _message(finding)},
    }
    if location := _location(finding):
        result["locations"] = [location]
    if finding.allowed:
        result["suppressions"] = [{"kind": "inSource", "justification": finding.allowed}]
    return result


def _message(finding: Finding) -> str:
    parts = (visible(finding.message), visible_lines(finding.hint))
    return "\n".join(part for part in parts if part)


def _location(finding: Finding) -> Json:
    """Say where, by file and region and by key; the words of a command are in no file."""
    location: Json = {}
    if finding.file and finding.file != COMMAND:
        place: Json = {"artifactLocation": {"uri": _uri(finding.file)}}
        if finding.span:
            place["region"] = _region(finding.span)
        location["physicalLocation"] = place
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path}]
    return location


def _region(span: Span) -> Json:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _uri(file: str) -> str:
    """Write a path as a URI, relative where the path is."""
    if Path(file).is_absolute():
        return Path(file).as_uri()
    return quote(Path(file).as_posix(), errors="surrogateescape")
