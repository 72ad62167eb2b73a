"""What an engine says of its memory beside what was reckoned: as it was measured, and otherwise."""

from __future__ import annotations

import dataclasses

import pytest

from deployer.facts.models.catalogue import find
from deployer.fit.beside import beside
from deployer.release import Argument, Hardware, ModelSource, Release
from tests.serve.living import make_release

QWEN = "Qwen/Qwen3-32B"
FRACTION = ("--mem-fraction-static", "0.8")
TWO = ("--tp-size", "2", "--dp-size", "2", "--enable-dp-attention", "")


def release(*words: str, repo: str = QWEN, gpu: str = "H200") -> Release:
    pairs = zip(words[::2], words[1::2], strict=True)
    made = make_release(port=1)
    return dataclasses.replace(
        made,
        model=ModelSource("huggingface", repo, "main", "", "m"),
        engine=dataclasses.replace(made.engine, version="0.5.17"),
        hardware=Hardware(gpu, 1),
        arguments=tuple(Argument(flag, (value,), "") for flag, value in pairs),
    )


def test_a_server_that_is_as_reckoned() -> None:
    """0.5.17 on an H200: dense-0.8 of `bench/gpu/results/memory-0.5.17.json`."""
    said = beside(release(*FRACTION), (205_661,), (61.04,))

    assert said.startswith("as reckoned: 205,661 tokens where 205,")
    assert " GiB of weights where 61." in said


@pytest.mark.parametrize(
    ("tokens", "weights", "words"),
    [
        (180_000, 61.04, "the pool has 180,000 tokens, -12."),
        (230_000, 61.04, "the pool has 230,000 tokens, +1"),
        (205_661, 64.5, "the weights take 64.50 GiB of a GPU where 61."),
    ],
)
def test_what_is_further_off_than_the_estimate_may_be(
    tokens: int, weights: float, words: str
) -> None:
    said = beside(release(*FRACTION), (tokens,), (weights,))

    assert said.startswith("not as reckoned: ")
    assert words in said


def test_each_replica_of_attention_is_looked_at() -> None:
    both = beside(release(*FRACTION, *TWO), (319_000, 150_000), (33.0, 33.0))
    one = beside(release(*FRACTION, *TWO), (319_000,), (33.0,))

    assert "the pool has 150,000 tokens" in both
    assert "1 of 2 replicas said anything" in one


def test_a_pool_that_the_release_limits() -> None:
    said = beside(release(*FRACTION, "--max-total-tokens", "65536"), (65_536,), (61.04,))

    assert said.startswith("as reckoned: 65,536 tokens where 65,536 were, as many as the release")


def test_no_room_for_a_pool_was_reckoned_and_there_is_one() -> None:
    said = beside(release("--mem-fraction-static", "0.3"), (1_000,), (61.04,))

    assert "1,000 tokens where no room for one was reckoned" in said


def test_what_cannot_be_compared_is_said() -> None:
    assert beside(release(repo="some/where"), (9,), (1.0,)) == (
        "not compared: the memory of some/where is not among the known facts"
    )
    assert beside(release(gpu="none"), (9,), (1.0,)).startswith("not compared: it runs on no GPU")
    assert beside(release(), (), ()) == "not compared: the engine did not say what it holds"


def test_a_model_that_a_lock_describes_is_compared() -> None:
    known = find(QWEN)
    own = release(*FRACTION, repo="my/copy")

    assert known is not None
    assert beside(own, (205_661,), (61.04,), known).startswith("as reckoned: ")
