"""What of a release is put to a predictor, and what is said to be left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployer.cli.reading import read_release
from deployer.errors import Failure, UsageError
from deployer.predict.question import Question, Workload, question
from deployer.release import Argument, Release

B200 = read_release("profiles/b200-fp8-eagle.yaml")
H200 = read_release("profiles/h200-fallback.yaml")
USUAL = Workload(4000, 1000, 32)


def without(release: Release, *flags: str) -> Release:
    kept = tuple(one for one in release.arguments if one.flag not in flags)
    return replace(release, arguments=kept)


def flags(release: Release, **values: str) -> Release:
    """Give a release with other flags; an empty value is a switch."""
    names = {f"--{name.replace('_', '-')}": value for name, value in values.items()}
    added = tuple(Argument(f, (v,) if v else (), "engine.args") for f, v in names.items())
    kept = without(release, *names)
    return replace(kept, arguments=kept.arguments + added)


def asked(release: Release, workload: Workload = USUAL) -> Question:
    return question(release, workload)


def test_the_shipped_profile() -> None:
    found = asked(B200)

    assert (found.repo, found.gpu) == ("zai-org/GLM-5.1-FP8", "B200")
    assert (found.inputs, found.outputs, found.batch, found.chunk) == (4000, 1000, 32, 4000)
    assert (found.tensor, found.pipeline, found.ranks, found.replicas) == (8, 1, 1, 1)
    assert (found.experts_tensor, found.experts) == (8, 1)
    assert (found.kv_dtype, found.fraction) == ("bfloat16", 0.85)
    assert (found.drafts, found.accepted) == (0, 0.0)
    assert "speculation is left out: its accept length is not known" in found.notes[0]


def test_a_measured_accept_length_brings_speculation_in() -> None:
    found = asked(B200, replace(USUAL, accept_length=3.5))

    assert (found.drafts, found.accepted, found.notes) == (3, 2.5, ())


@pytest.mark.parametrize("length", [0.5, 4.1])
def test_an_accept_length_that_cannot_be_is_wrong_usage(length: float) -> None:
    with pytest.raises(UsageError, match="between 1 and 4"):
        asked(B200, replace(USUAL, accept_length=length))


def test_an_accept_length_without_speculation_is_wrong_usage() -> None:
    plain = without(B200, "--speculative-algorithm")

    assert asked(plain).notes == ()
    with pytest.raises(UsageError, match="has no speculation"):
        asked(plain, replace(USUAL, accept_length=2))


@pytest.mark.parametrize("algorithm", ["NGRAM", "STANDALONE"])
def test_speculation_whose_cost_is_not_known_is_left_out(algorithm: str) -> None:
    found = asked(flags(B200, speculative_algorithm=algorithm), replace(USUAL, accept_length=2))

    assert found.drafts == 0
    assert f"the cost of {algorithm} is not known" in " ".join(found.notes)


def test_data_parallel_attention_divides_requests_and_attention() -> None:
    found = asked(flags(B200, dp_size="8", enable_dp_attention="", ep_size="8"))

    assert (found.tensor, found.ranks, found.replicas, found.batch) == (1, 8, 1, 4)
    assert (found.experts_tensor, found.experts) == (1, 8)


def test_data_parallel_replicas_divide_requests_alone() -> None:
    found = asked(flags(B200, tp_size="4", dp_size="2"))

    assert (found.tensor, found.ranks, found.replicas, found.batch) == (4, 1, 2, 16)


def test_an_exchange_between_experts_has_each_on_its_own_gpu() -> None:
    found = asked(flags(B200, moe_a2a_backend="deepep"))

    assert (found.experts_tensor, found.experts) == (1, 8)
    assert "the exchange between experts is taken for the usual one" in found.notes


def test_a_pipeline_has_a_batch_for_each_stage() -> None:
    found = asked(flags(B200, tp_size="4", pp_size="2"))

    assert (found.tensor, found.pipeline, found.batch) == (4, 2, 16)


def test_more_requests_than_run_at_a_time_wait_and_that_is_said() -> None:
    found = asked(B200, replace(USUAL, concurrency=100))

    assert found.batch == 48
    assert "48 of the 100 requests run at a time" in found.notes[0]
    assert "max_running_requests allows no more; 52 wait" in found.notes[0]


def test_a_capped_pool_holds_fewer() -> None:
    found = asked(flags(B200, max_total_tokens="65536"))

    assert found.batch == 13
    assert "13 of the 32" in found.notes[0]
    assert "the KV pool holds no more of 5,000 tokens" in found.notes[0]


def test_a_request_larger_than_the_pool_is_refused() -> None:
    with pytest.raises(Failure, match=r"5,000 tokens does not fit into a pool of 4,096"):
        asked(flags(B200, max_total_tokens="4096"))


def test_a_request_longer_than_the_context_is_refused() -> None:
    with pytest.raises(Failure, match=r"5,000 tokens is longer than the context of 4,999"):
        asked(flags(B200, context_length="4999"))


def test_a_machine_without_gpus_is_refused() -> None:
    with pytest.raises(Failure, match="has no GPUs"):
        asked(read_release("profiles/cpu-tiny.yaml"))


@pytest.mark.parametrize(
    ("release", "dtype", "expected"),
    [
        (B200, "fp8_e4m3", "fp8"), (B200, "bf16", "bfloat16"), (B200, "fp4_e2m1", ""),
        (H200, "auto", "bfloat16"),
    ],
)  # fmt: skip
def test_the_cache_has_the_stated_dtype(release: Release, dtype: str, expected: str) -> None:
    assert asked(flags(release, kv_cache_dtype=dtype)).kv_dtype == expected


def test_auto_is_fp8_for_sparse_attention_on_b200_and_the_checkpoints_where_nothing_is_known() -> (
    None
):
    auto = without(B200, "--kv-cache-dtype", "--nsa-decode-backend", "--nsa-prefill-backend")
    other = replace(auto, model=replace(auto.model, repo="some/other"))

    assert asked(auto).kv_dtype == "fp8"
    assert asked(other).kv_dtype == ""


@pytest.mark.parametrize(
    ("stated", "inputs", "chunk"),
    [("", 4000, 4000), ("", 100_000, 8192), ("2048", 4000, 2048), ("-1", 20_000, 20_000)],
)
def test_a_prefill_goes_in_chunks(stated: str, inputs: int, chunk: int) -> None:
    release = flags(B200, chunked_prefill_size=stated) if stated else B200

    assert asked(release, Workload(inputs, 100, 1)).chunk == chunk
