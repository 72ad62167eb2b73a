"""No secret is repeated, however its flag is written and wherever it lands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.facts.sglang.catalogue import load, releases
from deployer.parse.hidden import marked, told
from deployer.parse.read import parse
from deployer.parse.walk import groups
from tests.volume import scaled

from .lists import lists

NEWEST = load("0.5.23")
MARK = "q7f9z"
CANARY = st.builds(
    lambda before, after: f"{before}{MARK}{after}",
    st.sampled_from(["", "-", "--", "-h", "a b ", "=", "{"]),
    st.sampled_from(["", "=x", " y", "}"]),
)
FLAG = st.sampled_from(
    ["--api-key", "--admin-api-key", "--api-k", "--api_key", "--hf-token", "--API-KEY"]
)


def seen(words: list[str]) -> list[str]:
    """Give a list as it may be shown."""
    return [word for group in marked(NEWEST, groups(NEWEST, words)) for word in told(group)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--api-key k --port 1", "--api-key *** --port 1"),
        ("--api-key=k --port 1", "--api-key=*** --port 1"),
        ("--api-k=k k", "--api-k=*** ***"),
        ("--api_key k", "--api_key ***"),
        ("--api-key --k=k k --port 1", "--api-key *** *** --port 1"),
        ("--api-key -- k", "--api-key -- ***"),
        ("-- --api-key k x --l", "-- --api-key *** *** ***"),
        ("-- x --api-key=k", "-- x --api-key=***"),
        ("--api-key --port 1", "--api-key --port 1"),
        ("api-key=k", "api-key=***"),
        ("--model-path hf_0123456789abcdef", "--model-path ***"),
        ("--max-total-tokens 8 --tokenizer-path t", "--max-total-tokens 8 --tokenizer-path t"),
    ],
)
def test_what_may_be_a_secret_is_hidden(words: str, expected: str) -> None:
    assert " ".join(seen(words.split())) == expected


def test_a_key_that_begins_with_a_dash_is_no_flag_to_repeat() -> None:
    faults = parse(NEWEST, ["--model-path", "m", "--api-key", "--k7"]).faults

    assert [fault.kind for fault in faults] == ["missing-value", "unknown-flag"]
    assert faults[1].hint == "write `--flag=VALUE` in one word"
    assert "k7" not in str(faults)


@given(st.data())
@scaled(2)
def test_no_canary_gets_out(data: st.DataObject) -> None:
    canary, flag = data.draw(CANARY), data.draw(FLAG)
    ways = [[flag, canary], [f"{flag}={canary}"]]
    if not canary.startswith("-"):  # behind a key that is whole, it is a misspelt flag
        ways.append([flag, "k", canary])
    secret = data.draw(st.sampled_from(ways))
    words = [*data.draw(lists(NEWEST)), *secret, *data.draw(lists(NEWEST))]

    assert MARK not in str(parse(NEWEST, words).faults)
    assert MARK not in str(seen(words))


@given(st.sampled_from(releases()), st.data())
def test_what_is_shown_has_a_word_for_each(version: str, data: st.DataObject) -> None:
    words = data.draw(lists(load(version)))
    found = marked(load(version), groups(load(version), words))

    assert len([word for group in found for word in told(group)]) == len(words)
