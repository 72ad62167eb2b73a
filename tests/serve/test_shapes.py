"""What has the shape of a secret is masked in the live log, wherever the stream is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.secret import BEGINNINGS, IN_HEADER, IN_URL, SHAPES, hidden_spans, masked
from deployer.serve import shapes
from deployer.serve.redact import Redactor
from tests.volume import scaled

BODY = "Ab3" * 12
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n{BODY}==\n-----END RSA PRIVATE KEY-----"
SECRETS = (
    f"hf_{BODY}",
    f"sk-proj-{BODY}",
    f"rk_live_{BODY}",
    f"github_pat_{BODY}",
    "AKIA" + "AB12" * 4,
    f"eyJ{BODY}.eyJ{BODY}.{BODY}",
    f"https://somebody:{BODY}@example.com/x",
    f"Authorization: Bearer {BODY}",
    PEM,
    PEM.replace("\n", "\\n"),
)
PLAIN = (
    "INFO ",
    "loading ",
    "http://127.0.0.1:8000",
    "hf_",
    "Bearer",
    "=",
    "'",
    "-",
    "s",
    "\u00e9",
)


def run(pieces: list[bytes]) -> bytes:
    stream = Redactor(["the-key-of-this-server"]).stream()
    return b"".join([*map(stream.feed, pieces), stream.finish()])


def cut(whole: bytes, sizes: list[int]) -> list[bytes]:
    pieces: list[bytes] = []
    start = 0
    while start < len(whole):
        end = start + sizes[len(pieces) % len(sizes)]
        pieces.append(whole[start:end])
        start = end
    return pieces


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_secret_that_nobody_named_is_masked(secret: str, size: int) -> None:
    shown = run(cut(f"before {secret} after\nnext line\n".encode(), [size])).decode()

    assert BODY not in shown
    assert "AB12" not in shown
    assert "***" in shown
    assert shown.startswith("before ")
    assert shown.endswith("after\nnext line\n")


@scaled(0.6)
@given(
    st.lists(st.sampled_from([*SECRETS, *PLAIN, " ", "\n"]), max_size=8),
    st.lists(st.integers(1, 24), min_size=1, max_size=20),
)
def test_no_cut_changes_what_is_shown(words: list[str], sizes: list[int]) -> None:
    whole = "".join(words).encode()

    assert run(cut(whole, sizes)) == run([whole])


@scaled(0.3)
@given(st.lists(st.sampled_from([*SECRETS[:-2], *PLAIN, " "]), max_size=8))
def test_a_line_shows_what_masking_it_whole_would(words: list[str]) -> None:
    whole = "".join(words)

    assert run([f"{whole}\n".encode()]).decode() == f"{masked(whole)}\n"


@pytest.mark.parametrize("shape", [*SHAPES, IN_URL, IN_HEADER])
def test_every_shape_has_a_beginning_that_is_looked_for_first(shape: str) -> None:
    @scaled(0.1)
    @given(st.from_regex(re.compile(shape, re.ASCII)))
    def check(text: str) -> None:
        assert any(one in text for one in BEGINNINGS)

    check()


def test_a_complete_line_is_never_held_back() -> None:
    stream = Redactor([]).stream()

    for line in (b"a line\n", b"see http://x\n", b"a hf_\n", b"Bearer\n", b"ends in -----BEGIN\n"):
        assert stream.feed(line) == line


def test_of_an_unfinished_line_only_what_may_grow_is_held_back() -> None:
    stream = Redactor([]).stream()

    assert stream.feed(b"loading 10 % of h") == b"loading 10 % of "
    assert stream.feed(b"alf") == b"half"
    assert stream.feed(b" at http://x") == b" at "
    assert stream.feed(b" now") == b"http://x now"


def test_what_follows_a_key_that_was_cut_off_is_shown() -> None:
    said = b"-----BEGIN PRIVATE KEY-----\nAAAA\n[03:00] the engine is ready\n"

    assert run([said]) == b"***\n[03:00] the engine is ready\n"


def test_however_long_a_line_gets_little_is_kept_and_no_secret_shown() -> None:
    stream, shown = shapes.ShapeStream(), b""
    for piece in [b"hf_", *[b"A1b2" * 1000] * 20]:
        shown += stream.feed(piece)
        assert len(stream._held) <= shapes.LIMIT
    shown += stream.feed(b"\nfine\n")

    assert shown == b"***\nfine\n"


def test_a_long_word_without_a_secret_is_shown_whole() -> None:
    word = b"{http://x:" + b"ab1+" * 20000 + b"}"

    assert run(cut(word + b"\n", [4000])) == word + b"\n"


def test_a_line_in_which_none_can_begin_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[bytes] = []

    def search(text: bytes) -> Iterator[tuple[int, int]]:
        searched.append(text)
        return hidden_spans(text)

    monkeypatch.setattr(shapes, "hidden_spans", search)
    calm = b"[2026-11-29 01:44:21] Decode batch, #running-req: 3, token usage: 0.01\n" * 50

    assert run([calm, calm[:90], calm[90:]]) == calm + calm
    assert searched == []
    assert run([b"see http://x\n"]) == b"see http://x\n"
    assert len(searched) == 1
