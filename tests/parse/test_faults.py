"""What is said of each mistake: kind, words, and what to write instead."""

from __future__ import annotations

import shlex

import pytest

from deployer.facts.sglang.catalogue import load
from deployer.finding import Severity
from deployer.parse.read import parse

CASES = [
    ("0.5.23", "--nsa-decode-backend trtllm", "removed-flag", "gone since SGLang 0.5.20",
     "write `--dsa-decode-backend trtllm` instead"),
    ("0.5.23", "--cuda-graph-max-bs 8", "removed-flag", "gone since SGLang 0.5.20",
     "write `--cuda-graph-max-bs-decode 8` instead"),
    ("0.5.23", "--enable-auto-tool-choice", "foreign-flag", "a flag of vLLM", "`--tool-call-"),
    ("0.5.10", "--dsa-decode-backend trtllm", "future-flag", "comes only with SGLang 0.5.13",
     "in SGLang 0.5.10 it is `--nsa-decode-backend trtllm`"),
    ("0.5.23", "--mem-fraction-statik 0.8", "unknown-flag", "has no flag `--mem-fraction-statik`",
     "did you mean `--mem-fraction-static`?"),
    ("0.5.23", "--max-tokens-total 8", "unknown-flag", "has no flag", "`--max-total-tokens`?"),
    ("0.5.23", "--pp 2", "ambiguous-flag", "`--pp` may mean `--pp-size`", "whole name"),
    ("0.5.23", "--tp 2", "abbreviated-flag", "the only beginning of `--tp-size`", "`--tp-size`"),
    ("0.5.23", "--tp-size two", "wrong-type", "`two` is no value of `--tp-size`", "a whole number"),
    ("0.5.23", "--max-total-tokens 64K", "wrong-type", "`64K`", "64k"),
    ("0.5.23", "--reasoning-parser glm47", "not-a-choice", "`glm47` is no choice", "`glm45`?"),
    ("0.5.10", "--kv-cache-dtype nvfp4", "not-a-choice", "in SGLang 0.5.10", "from 0.5.16 on"),
    ("0.5.23", "--tp-size", "missing-value", "needs a value", "a whole number"),
    ("0.5.23", "--tp-size 8 9", "stray-value", "`9` is one more", "take it out"),
    ("0.5.23", "--trust-remote-code=true", "switch-with-value", "is a switch", "alone"),
    ("0.5.23", "--trust-remote-code true", "switch-with-value", "`true` follows it", "alone"),
    ("0.5.18", "--enable-expert-distribution-metrics", "refused-flag", "refuses",
     "--expert-balancedness-report-mode"),
    ("0.5.18", "--cuda-graph-max-bs 8", "deprecated-flag", "is gone since 0.5.20",
     "`--cuda-graph-max-bs-decode 8`"),
    ("0.5.23", "--attention-backend nsa", "renamed-choice", "an old name of `dsa`", "`dsa`"),
    ("0.5.23", "--port 1 --port 2", "repeated-flag", "given twice", "keep one"),
    ("0.5.23", "--help", "help-flag", "nothing is launched", "take it out"),
    ("0.5.23", "-- x", "stray-value", "belongs to nothing", "take it out"),
]  # fmt: skip

WARNINGS = {"abbreviated-flag", "deprecated-flag", "renamed-choice", "repeated-flag"}


@pytest.mark.parametrize(("version", "words", "kind", "message", "hint"), CASES)
def test_a_mistake_is_named(version: str, words: str, kind: str, message: str, hint: str) -> None:
    parsed = parse(load(version), ["--model-path", "m", *shlex.split(words)])
    (fault,) = parsed.faults

    assert fault.kind == kind
    assert message in fault.message
    assert hint in fault.hint
    assert fault.severity is (Severity.WARNING if kind in WARNINGS else Severity.ERROR)
    assert parsed.accepted == (kind in WARNINGS)


def test_the_model_is_needed() -> None:
    (fault,) = parse(load("0.5.23"), []).faults

    assert (fault.kind, fault.flag) == ("required-missing", "--model-path")


def test_everything_is_found_at_once() -> None:
    words = "--model-path m --tpx 8 --nsa-decode-backend trtllm --port x --tp-size"
    kinds = [fault.kind for fault in parse(load("0.5.23"), words.split()).faults]

    assert kinds == ["unknown-flag", "removed-flag", "wrong-type", "missing-value"]


def test_the_value_of_a_secret_is_never_repeated() -> None:
    for words in (
        ["--api-key", "canary-7f", "canary-7f"],
        ["--admin-api-key=canary-7f", "canary-7f"],
    ):
        parsed = parse(load("0.5.23"), ["--model-path", "m", *words])

        assert parsed.faults
        assert "canary-7f" not in str(parsed.faults)


def test_each_release_reads_numbers_as_it_can() -> None:
    words = ["--model-path", "m", "--max-total-tokens", "64Ki"]

    assert not parse(load("0.5.9"), words).accepted
    assert parse(load("0.5.10"), words).given[-1].value == 65536
