"""A slip of the pen is told from another word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.facts.sglang.catalogue import load, newest
from deployer.slip import MOST, distance, meant

FLAGS = load(newest()).strings()


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("--mem-fraction-statik", "--mem-fraction-static"),
        ("--max-runing-requests", "--max-running-requests"),
        ("--max-running-request", "--max-running-requests"),
        ("--max-tokens-total", "--max-total-tokens"),
        ("--model_path", "--model-path"),
        ("--chunked-prefil-size", "--chunked-prefill-size"),
        ("--disable-radixcache", "--disable-radix-cache"),
        ("--contxet-length", "--context-length"),
    ],
)
def test_a_slip_is_named(written: str, known: str) -> None:
    assert meant(written, FLAGS) == known


@pytest.mark.parametrize(
    "written",
    [
        "--enable-ep-moe",  # not --enable-eplb
        "--disable-disk-cache",  # not --disable-radix-cache
        "--enable-deepep-moe",  # not --deepep-mode
        "--enable-flashinfer-mla",  # not --disable-flashinfer-autotune
        "--fp5-gemm-backend",  # not --fp4-gemm-backend
        "--decode-backend",
        "--never-was",
        "--",
        "",
    ],
)
def test_another_word_is_no_slip(written: str) -> None:
    assert meant(written, FLAGS) == ""


def test_what_could_be_two_names_is_neither() -> None:
    assert meant("abcdx", ["abcda", "abcdb"]) == ""
    assert meant("fp8", ["mxfp8", "fp8_e4m3"]) == ""


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_the_distance_is_a_distance(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)
    assert distance(one, one + "d") == 1
    assert distance(one, other) <= MOST + 1


def test_swapped_letters_are_one_slip() -> None:
    assert distance("length", "lenght") == 1
