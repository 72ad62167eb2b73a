"""What the real parsers answer: the ground that other tests stand on."""

from __future__ import annotations

import pytest

from tests.engines.real_parser import RealParser, shared

pytestmark = pytest.mark.wheels

MODEL = ["--model-path", "m"]


@pytest.mark.parametrize(
    ("version", "words", "message"),
    [
        ("0.5.12", ["--tp", "8"], ""),
        ("0.5.12", ["--pp", "2"], "ambiguous option: --pp could match --pp-size"),
        ("0.5.12", ["--help"], "asked for help"),
        ("0.5.12", ["--attention-backend", "dsa"], "invalid choice: 'dsa'"),
        ("0.5.12", ["--nsa-decode-backend", "trtllm"], ""),
        ("0.5.23", ["--nsa-decode-backend", "trtllm"], "unrecognized arguments"),
        ("0.5.23", ["--max-total-tokens", "64Ki"], ""),
        ("0.5.23", ["--max-total-tokens", "64Q"], "Invalid integer value: '64Q'"),
        ("0.5.23", ["--enable-metrics=true"], "ignored explicit argument 'true'"),
        ("0.5.23", ["--lora-paths", '{"a": 1}'], "AssertionError"),
        ("0.5.23", ["--lora-paths", "{a}"], "JSONDecodeError"),
        ("0.5.23", ["--cuda-graph-config", "{"], "must be JSON"),
        ("0.5.18", ["--enable-expert-distribution-metrics"], "is no longer supported"),
        ("0.5.23", ["one", "more"], "unrecognized arguments: one more"),
    ],
)
def test_a_verdict_is_the_real_parsers(version: str, words: list[str], message: str) -> None:
    verdict = shared(version).verdict([*MODEL, *words])
    assert verdict.accepted == (message == "")
    assert message in verdict.message
    assert bool(verdict.namespace) == verdict.accepted


def test_a_missing_model_is_refused() -> None:
    verdict = shared("0.5.23").verdict([])
    assert verdict.message == "the following arguments are required: --model-path/--model"


def test_values_are_converted() -> None:
    words = ["--max-total-tokens", "64Ki", "--mem-fraction-static", ".8", "--no-enable-tf32-matmul"]
    found = shared("0.5.23").verdict([*MODEL, *words]).namespace
    assert found["max_total_tokens"] == 65536
    assert found["mem_fraction_static"] == 0.8
    assert found["enable_tf32_matmul"] is False
    assert found["model_path"] == "m"


def test_a_deprecation_is_a_warning_and_no_error() -> None:
    verdict = shared("0.5.18").verdict([*MODEL, "--nsa-decode-backend", "trtllm"])
    assert verdict.accepted
    assert verdict.namespace["dsa_decode_backend"] == "trtllm"
    assert "Use '--dsa-decode-backend' instead" in verdict.warnings[0]


def test_one_question_leaves_nothing_behind_for_the_next() -> None:
    parser = shared("0.5.23")
    plain = parser.verdict(MODEL)
    parser.verdict([*MODEL, "--lora-paths", "a", "--nope", "--port", "1"])
    assert parser.verdict(MODEL) == plain


def test_the_machine_does_not_change_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SGLANG_KV_CANARY_ENABLE_TOKEN_ORACLE", "1")
    with RealParser("0.5.18") as parser:
        verdict = parser.verdict([*MODEL, "--sampling-backend", "token_oracle"])
    assert not verdict.accepted
