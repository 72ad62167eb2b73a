"""The known recipe is told where it is wrong: each at its line, with its fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.check.command import check_command
from deployer.check.run import load_checked
from deployer.facts.sglang.catalogue import load
from deployer.finding import Finding
from deployer.parse.launch import launch
from tests.compile.test_recipe import RECIPE

TEXT = Path("tests/data/recipe.yaml").read_text(encoding="utf-8")

TOLD = [
    (
        "revision-unpinned",
        "  revision: main",
        "can move",
        "write a commit, 40 hexadecimal digits",
    ),
    (
        "inputs-below-requests",
        "  max_inputs: 20",
        "20 requests fill a container whose engine runs 48: another container ($50 an hour) starts",
        "leave it out",
    ),
    (
        "startup-unbounded",
        "  startup_timeout: 86400",
        "ends only after 24 hours, at $50 an hour",
        "leave it out: it follows from `lifecycle`",
    ),
    (
        "kv-dtype-not-what-it-seems",
        "memory:",
        "the KV cache seems to be BF16 and is FP8: that is `auto` for sparse attention on B200",
        "bfloat16",
    ),
    (
        "pool-capped",
        "  max_total_tokens: 65536",
        "65,536 tokens use 3.4 of about 66 GiB; 48 requests get 1,365 tokens each",
        "leave it out",
    ),
]
"""The check, the line that it stands at, what it says, and what it says to do."""


def found(text: str) -> list[Finding]:
    return list(load_checked(text, "recipe.yaml")[1])


@pytest.mark.parametrize(("name", "line", "message", "hint"), TOLD)
def test_it_is_told_at_its_line_with_its_fix(name: str, line: str, message: str, hint: str) -> None:
    (one,) = [finding for finding in found(TEXT) if finding.check == name]

    assert one.span is not None
    assert TEXT.splitlines()[one.span.line - 1] == one.source_line == line
    assert message in one.message
    assert hint in one.hint


def test_its_abbreviation_is_told_in_the_command_as_it_was_written() -> None:
    parsed = launch(tuple(RECIPE.split()))
    assert parsed is not None

    (one,) = [
        finding
        for finding in check_command(load("0.5.10.post1"), parsed, lambda _: "")
        if finding.check == "abbreviated-flag"
    ]

    assert one.span is not None
    assert one.source_line[one.span.column - 1 : one.span.end_column - 1] == "--tp"
    assert one.hint == "write `--tp-size`"


def test_its_abbreviation_is_told_in_a_profile_that_keeps_it() -> None:
    """`tests/data/recipe.yaml` says it with the field: an abbreviation compiles to nothing."""
    image = "  image: lmsysorg/sglang:v0.5.10.post1-cu130\n"
    kept = TEXT.replace("  tp: 8\n", "").replace(image, f"{image}  args:\n    tp: 8\n")
    told = {finding.check: finding for finding in found(kept) if "tp" in finding.path}

    assert told.keys() == {"abbreviated-flag", "args-repeat-a-field"}
    assert {finding.source_line for finding in told.values()} == {"    tp: 8"}
    assert told["abbreviated-flag"].hint == "write `parallel.tp`"
    assert "`parallel.tp`" in told["args-repeat-a-field"].message
