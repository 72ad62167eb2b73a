"""What a release says of itself: the words of its command line."""

from __future__ import annotations

import argparse

import pytest

from deployer.release import Argument


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((), ("--flag",)),
        (("x",), ("--flag", "x")),
        (("-1",), ("--flag", "-1")),
        (("-.5",), ("--flag", "-.5")),
        (("-",), ("--flag", "-")),
        (("-x",), ("--flag=-x",)),
        (("--other",), ("--flag=--other",)),
        (("-1e5",), ("--flag=-1e5",)),
        (("a", "b"), ("--flag", "a", "b")),
    ],
)
def test_a_value_that_looks_like_a_flag_is_joined_to_its_own(
    values: tuple[str, ...], words: tuple[str, ...]
) -> None:
    assert Argument("--flag", values, "x").words() == words


@pytest.mark.parametrize("value", ["x", "-1", "-.5", "-", "-x", "--other", "-1e5", "-1.5"])
def test_argparse_reads_the_words_back(value: str) -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--flag")

    read = parser.parse_args(Argument("--flag", (value,), "x").words())

    assert read.flag == value
