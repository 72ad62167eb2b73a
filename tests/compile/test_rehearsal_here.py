"""What of a release a CPU is asked to try: each flag is passed, or named with why it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deployer.cli.reading import read_release
from deployer.compile.rehearsal_here import OURS, POOL, Here, Tried, rehearsal_here
from deployer.release import Argument, Release, Variable

PROFILES = sorted(map(str, Path("profiles").glob("*.yaml")))


def tried(release: Release, minutes: int = 5) -> Tried:
    harmless = "SGLANG_ENABLE_SPEC_V2".__eq__
    here = Here("0.5.23", Path("/made/model"), 8123, minutes, {"PYTHONPATH": "/ours"}, harmless)
    return rehearsal_here(release, here)


def values(release: Release) -> dict[str, tuple[str, ...]]:
    return {one.flag: one.values for one in release.arguments}


@pytest.mark.parametrize("path", PROFILES)
def test_each_flag_is_passed_or_left_out_with_a_reason(path: str) -> None:
    release = read_release(path)
    found = tried(release)
    left = {one.words.split()[0] for one in found.left if one.words.startswith("--")}
    passed = {words.split()[0] for words in found.passed}
    assert left | passed == {one.flag for one in release.arguments}
    assert all(one.why for one in found.left)
    said = values(found.release)
    assert passed <= set(said)
    assert said["--model-path"] == ("/made/model",)
    assert (said["--load-format"], said["--max-total-tokens"]) == (("dummy",), (str(POOL),))
    assert (found.release.target, found.release.modal) == ("local", None)
    assert found.release.name == f"{release.name}-rehearsal"
    assert (found.release.listen.host, found.release.listen.port) == ("127.0.0.1", 8123)
    assert found.release.listen.api_key_variable == release.listen.api_key_variable
    assert found.release.lifecycle.startup == min(release.lifecycle.startup, 300)
    assert (found.release.warmup, found.release.beside) == ((), ())
    assert {one.name: one.value for one in found.release.environment} == {
        **{v.name: v.value for v in release.environment if v.name == "SGLANG_ENABLE_SPEC_V2"},
        **OURS, "PYTHONPATH": "/ours",
    }  # fmt: skip
    assert Release.from_json(found.release.to_json()) == found.release


@pytest.mark.parametrize(
    ("flag", "given", "why"),
    [
        ("--tp-size", "8", "NUMA node"),
        ("--tp-size", "1", ""),
        ("--pp-size", "1", ""),
        ("--pp-size", "2", "NUMA node"),
        ("--attention-backend", "fa3", "kernels of GPUs"),
        ("--attention-backend", "torch_native", ""),
        ("--kv-cache-dtype", "fp8_e4m3", "kernels of GPUs"),
        ("--kv-cache-dtype", "bfloat16", ""),
        ("--cuda-graph-max-bs", "64", "no CUDA graphs"),
        ("--speculative-num-steps", "3", "draft"),
        ("--nsa-decode-backend", "trtllm", "sparse attention"),
        ("--max-total-tokens", "9", "the pool is small here"),
        ("--forward-hooks", "a.b", "runs: that is not for this machine"),
        ("--kv-events-config", "{}", "address that it names: that is not for this machine"),
        ("--json-model-override-args", "{}", "the model's own config"),
        ("--chat-template", "/templates/none.jinja", "is not for this machine"),
        ("--served-model-name", "/none/there", "there is no /none/there on this machine"),
        ("--no-such-option", "1", "cannot be told so"),
        ("--chunked-prefill-size", "4096", ""),
        ("--schedule-conservativeness", "0.3", ""),
    ],
)
def test_what_a_cpu_does_not_honor_is_left_out(flag: str, given: str, why: str) -> None:
    release = replace(
        read_release("profiles/cpu-tiny.yaml"),
        arguments=(Argument(flag, (given,), "engine.args"),),
        environment=(),
    )
    found = tried(release)
    if not why:
        assert (found.passed, found.left) == ((f"{flag} {given}",), ())
        return
    (one,) = found.left
    assert one.words == f"{flag} {given}"
    assert why in one.why
    assert found.passed == ()


def test_a_flag_of_another_release_is_said_in_the_words_of_the_engine_that_is_here() -> None:
    release = replace(
        read_release("profiles/cpu-tiny.yaml"),
        arguments=(Argument("--grpc-mode", (), "x"), Argument("--stream-output", (), "y")),
        environment=(),
    )
    found = tried(release)
    assert found.passed == ("--incremental-streaming-output",)
    assert [one.words for one in found.left] == ["--grpc-mode"]


def test_no_secret_is_named() -> None:
    release = replace(
        read_release("profiles/cpu-tiny.yaml"),
        arguments=(Argument("--api-key", ("sk-canary",), "engine.args"),),
        environment=(Variable("TOKEN", "canary", "engine.env"),),
    )
    found = tried(release)
    shown = " ".join([*found.passed, *(f"{one.words} {one.why}" for one in found.left)])
    assert "canary" not in shown
    assert "TOKEN" in shown
