"""No secret passes, however it is quoted and wherever the stream is cut."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.serve.redact import MARK, Redactor
from tests.volume import scaled

KEY = "sk-'q\"-and-\\slash/+end="
FORMS = (
    KEY,
    json.dumps(KEY)[1:-1],
    json.dumps(json.dumps(KEY))[3:-3],
    repr(KEY)[1:-1],
    repr({"api_key": KEY})[13:-2],
    quote(KEY, safe=""),
    quote(KEY, safe="").lower(),
    json.dumps({"api_key": KEY}),
    repr(json.dumps({"api_key": KEY})),
)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_redacted(form: str) -> None:
    clean = Redactor([KEY]).text(f"before {form} after")
    assert MARK in clean
    assert "slash" not in clean
    assert clean.startswith("before ")
    assert clean.endswith(" after")


@scaled(0.6)
@given(
    st.lists(st.sampled_from([*FORMS, KEY[:5], KEY[3:], "\n", "text", "s"]), max_size=8),
    st.lists(st.integers(1, 12), min_size=1, max_size=40),
)
def test_no_cut_lets_a_secret_through(words: list[str], cuts: list[int]) -> None:
    redactor = Redactor([KEY])
    stream = redactor.stream()
    whole = "".join(words).encode()
    shown, start = b"", 0
    for number in range(len(whole)):
        end = start + cuts[number % len(cuts)]
        shown += stream.feed(whole[start:end])
        start = end
    shown += stream.finish()
    assert KEY.encode() not in shown
    assert shown == redactor.clean(whole)


def test_a_complete_line_is_never_held_back() -> None:
    stream = Redactor([KEY]).stream()
    assert stream.feed(b"a line\n") == b"a line\n"
    assert stream.feed(b"progress s") == b"progress "
    assert stream.feed(b"o far") == b"so far"


def test_without_a_secret_nothing_changes() -> None:
    assert Redactor(["", "1"]).text("1 and all") == "1 and all"


@scaled(0.3)
@given(st.binary())
def test_other_bytes_pass_as_they_are(data: bytes) -> None:
    assert Redactor([KEY]).clean(data) == data


def test_a_text_loses_what_has_the_shape_of_a_secret_that_nobody_named() -> None:
    said = Redactor(["the-key-of-this-server"]).text(
        f"got hf_{'Ab' * 16} and the-key-of-this-server"
    )

    assert said == "got *** and [redacted]"
