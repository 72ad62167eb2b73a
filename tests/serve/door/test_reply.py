"""Reading an engine's answer: wherever it is cut, and never what could be read in two ways."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.serve.door.engine import Asked
from deployer.serve.door.reply import LONGEST_HEAD, Body, Head, NoAnswerError, read_head
from tests.volume import scaled

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"


def chunked(pieces: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in pieces) + b"0\r\n\r\n"


def read(data: bytes, cuts: list[int]) -> tuple[Head, bytes, bool]:
    """Read an answer in pieces; gives its head, its body, and whether that was over at the end."""
    held, head, body, found, start = b"", None, None, b"", 0
    for number in range(len(data)):
        end = start + cuts[number % len(cuts)]
        piece, start = data[start:end], end
        if body is None:
            held += piece
            if (taken := read_head(held)) is None:
                continue
            head, piece = taken
            body = Body(head)
        found += body.feed(piece)
    assert head is not None
    assert body is not None
    return head, found, body.over


@scaled(0.5)
@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    st.lists(st.integers(1, 30), min_size=1, max_size=12),
)
def test_chunks_are_read_wherever_they_are_cut(pieces: list[bytes], cuts: list[int]) -> None:
    whole = CHUNKED + chunked(pieces)
    head, body, over = read(whole, cuts)
    assert (head.status, head.content_type, head.length) == (200, "text/event-stream", None)
    assert (body, over) == (b"".join(pieces), True)
    short = read(whole[:-1], cuts)
    assert (short[1], short[2]) == (body, False)


@scaled(0.2)
@given(st.binary(max_size=60), st.lists(st.integers(1, 30), min_size=1, max_size=12))
def test_a_counted_body_ends_where_its_length_says(text: bytes, cuts: list[int]) -> None:
    whole = HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(text), text)
    assert read(whole + b"more", cuts)[1:] == (text, True)
    if text:
        assert read(whole[:-1], cuts)[1:] == (text[:-1], False)


def test_what_comes_before_the_answer_is_passed_over() -> None:
    said = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
    head, body, over = read(said, [7])
    assert (head.status, head.length, body, over) == (204, 0, b"", True)


@pytest.mark.parametrize(
    "text",
    [
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        HEAD + b"\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1, 1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        HEAD + b" folded: 1\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"no colon\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"a name: 1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * LONGEST_HEAD,
    ],
)
def test_what_is_no_answer_is_none(text: bytes) -> None:
    with pytest.raises(NoAnswerError):
        read_head(text)


@pytest.mark.parametrize(
    "body",
    [
        b"\r\n\r\n",
        b"-1\r\n",
        b"0x1\r\na\r\n",
        b"1;name=value\r\na\r\n",
        b" 1\r\na\r\n",
        b"1\r\nab\r\n",
        b"1\na\n0\n\n" * 3,
        b"12345678901234567\r\n",
        b"1" * 30,
        b"0\r\nTrailer: 1\r\n\r\n",
    ],
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_what_is_no_chunk_is_none(body: bytes, size: int) -> None:
    with pytest.raises(NoAnswerError):
        read(CHUNKED + body, [size])


def test_who_wants_no_more_is_given_what_has_come_and_then_waited_for() -> None:
    """What the kernel had handed over already is not lost; the rest waits for `go_on`."""

    async def ask() -> tuple[list[bytes], list[bool]]:
        asked, moved = Asked(), []
        taken: list[bytes] = []

        def take(piece: bytes) -> bool:
            taken.append(piece)
            return False

        asked.data_received(CHUNKED + b"1\r\na\r\n")
        assert (await asked.head()).status == 200
        asked.pass_to(take)
        moved.append(await asked.moved())
        asked.data_received(b"1\r\nb\r\n0\r\n\r\n")
        moved.append(await asked.moved())
        asked.go_on()
        moved.append(await asked.moved())
        return taken, moved

    assert asyncio.run(ask()) == ([b"a", b"b"], [False, False, True])


def test_an_end_before_the_end_is_no_answer() -> None:
    async def ask(*said: bytes) -> bytes:
        asked = Asked()
        for each in said:
            asked.data_received(each)
        asked.connection_lost(None)
        await asked.head()
        return await asked.whole()

    assert asyncio.run(ask(CHUNKED, chunked([b"ab", b"c"]))) == b"abc"
    for said in ((), (HEAD,), (CHUNKED,), (CHUNKED, b"2\r\nab\r\n"), (CHUNKED, b"2\r\nabc")):
        with pytest.raises(NoAnswerError):
            asyncio.run(ask(*said))
