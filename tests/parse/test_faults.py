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
    ("0.5.23", "--model_path m", "unknown-flag", "has no flag", "`--model-path`?"),
    ("0.5.23", "--pp 2", "ambiguous-flag", "`--pp` may mean `--pp-size`", "whole name"),
    ("0.5.23", "--tp 2", "abbreviated-flag", "the only beginning of `--tp-size`", "`--tp-size`"),
    ("0.5.23", "--tp-size two", "wrong-type", "`two` is no value of `--tp-size`", "a whole number"),
    ("0.5.23", "--max-total-tokens 64K", "wrong-type", "`64K`", "64k"),
    ("0.5.23", "--reasoning-parser glm47", "not-a-choice", "`glm47` is no choice",
     "write `glm45`, which vLLM calls `glm47`"),
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
    # Knowledge before likeness.
    ("0.5.16", "--tp 8 --enable-ep-moe", "removed-flag", "gone since SGLang 0.5.4.post1",
     "write `--ep-size 8` instead"),
    ("0.5.16", "--disable-disk-cache", "removed-flag", "gone since SGLang 0.4.1.post2",
     "write `--disable-outlines-disk-cache` instead"),
    ("0.5.16", "--enable-deepep-moe", "removed-flag", "gone since SGLang 0.5.4.post1",
     "write `--moe-a2a-backend deepep` instead"),
    ("0.5.16", "--enable-flashinfer-mla", "removed-flag", "gone since SGLang 0.4.7.post1",
     "write `--attention-backend flashinfer` instead"),
    ("0.5.16", "--enable-overlap-schedule", "removed-flag", "gone since SGLang 0.4.1.post2",
     "take it out: it is what the engine does by itself"),
    ("0.5.23", "--kv-cache-dtype fp8", "not-a-choice", "`fp8` is no choice",
     "write `fp8_e4m3`, which vLLM calls `fp8`"),
    ("0.5.23", "--dtype bf16", "not-a-choice", "`bf16`", "`bfloat16`, which `bf16` is short for"),
    ("0.5.23", "--attention-backend FLASH_ATTN", "not-a-choice", "`FLASH_ATTN`",
     "the nearest is `fa3`"),
    ("0.5.23", "--tool-call-parser deepseek_v31", "not-a-choice", "`deepseek_v31`",
     "write `deepseekv31`, which vLLM calls"),
    ("0.5.23", "--load-balance-method shortest_queue", "not-a-choice", "`shortest_queue`",
     "the nearest is `total_requests`: "),
    ("0.5.23", "--max-model-len 8192", "foreign-flag", "a flag of vLLM",
     "write `--context-length 8192`"),
    ("0.5.23", "--gpu-memory-utilization 0.9", "foreign-flag", "a flag of vLLM",
     "the nearest is `--mem-fraction-static`: it counts all"),
    ("0.5.23", "--help", "help-flag", "nothing is launched", "take it out"),
    ("0.5.23", "-- x", "stray-value", "belongs to nothing", "take it out"),
]  # fmt: skip

WARNINGS = {"abbreviated-flag", "deprecated-flag", "renamed-choice", "repeated-flag"}


@pytest.mark.parametrize(("version", "words", "kind", "message", "hint"), CASES)
def test_a_mistake_is_named(version: str, words: str, kind: str, message: str, hint: str) -> None:
    parsed = parse(load(version), ["--model-path", "m", *shlex.split(words)])
    (fault,) = [one for one in parsed.faults if "`--tp`" not in one.message or kind in WARNINGS]

    assert fault.kind == kind
    assert message in fault.message
    assert hint in fault.hint
    assert fault.severity is (Severity.WARNING if kind in WARNINGS else Severity.ERROR)
    assert parsed.accepted == (kind in WARNINGS)


@pytest.mark.parametrize(
    "words",
    [
        "--disable-mla",  # gone, and nothing says what became of it
        "--enable-quantum-cache",
        "--fp5-gemm-backend triton",  # no slip of `--fp4-gemm-backend`: a number is another one
        "--enable-beam-search",
    ],
)
def test_where_nothing_is_known_nothing_is_advised(words: str) -> None:
    (fault,) = parse(load("0.5.23"), ["--model-path", "m", *shlex.split(words)]).faults

    assert fault.kind in {"removed-flag", "unknown-flag"}
    assert fault.hint == ""
    assert fault.cure is None


@pytest.mark.parametrize(("version", "words"), [case[:2] for case in CASES])
def test_a_cure_is_taken_and_the_mistake_is_gone(version: str, words: str) -> None:
    given = ["--model-path", "m", *shlex.split(words)]
    before = parse(load(version), given)
    assert before.faults
    for fault in before.faults:
        if fault.cure is None:
            continue
        said = [word for flag, values in fault.cure.said for word in (flag, *values)]
        mended = [*given[: fault.cure.start], *said, *given[fault.cure.end :]]
        after = parse(load(version), mended)

        assert (fault.kind, fault.flag) not in {(one.kind, one.flag) for one in after.faults}
        assert len(after.faults) < len(before.faults), (mended, after.faults)


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
