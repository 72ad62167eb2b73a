"""A server that never comes to an end, or answers what no hub answers, has its bound."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from deployer.errors import Failure
from tests.fakes.hub.model import shard_name
from tests.fakes.hub.server import COMMIT, Fault

from .living import FAST, Story

pytestmark = pytest.mark.process

SHARD = shard_name(2, 3)
SOON = replace(FAST, slowest=0.2, answer=0.4, idle_tries=1)
"""Bounds that are reached at once. How long anything really takes is not asserted."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Trickle:
    """A server that sends ``first``, then ``drop`` again and again until the client is gone.

    Without a ``drop`` it ends the connection.
    """

    def __init__(self, first: bytes, drop: bytes, every: float) -> None:
        self._first, self._drop, self._every = first, drop, every
        self._ended = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.sent = 0

    @contextlib.contextmanager
    def serving(self) -> Iterator[Trickle]:
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self._ended.set()
            self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(self._first)
            while self._drop and not self._ended.wait(self._every):
                connection.sendall(self._drop)
                self.sent += len(self._drop)


@pytest.mark.parametrize(
    ("first", "drop", "said"),
    [
        (b"", b"H", "has not begun to answer"),
        (b"HTTP/1.1 200 OK\r\n", b"X", "has not begun to answer"),
        (
            HEAD + b"Content-Length: 99999999\r\n\r\n",
            b" ",
            r"only \d+ bytes/s of the answer of 127",
        ),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", "of the answer of 127"),
    ],
    ids=["status line", "header", "list", "chunked list"],
)
def test_one_byte_in_a_while_is_given_up(
    story: Story, first: bytes, drop: bytes, said: str
) -> None:
    story.pace = SOON
    with Trickle(first, drop, every=0.02).serving() as server:
        story.environ = {"HF_ENDPOINT": server.endpoint}
        with pytest.raises(Failure, match=said):
            story.download()
    assert not story.marker.exists()


def test_a_body_that_trickles_is_given_up_and_gone_on_with(story: Story) -> None:
    story.pace = replace(FAST, slowest=0.2, idle_tries=20)
    story.hub.faults = [Fault(f"body:{SHARD}", slow=0.1, step=16)]
    story.download()
    story.assert_complete()
    starts = [c.start for c in story.hub.calls if c.path == SHARD and c.server == "storage"]
    assert starts[1] > 0, "what trickled in is kept"


def test_a_list_without_end_is_read_to_a_bound(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployer.serve.weights.hub.LARGEST", 1_000_000)
    endless = Trickle(HEAD + b'\r\n{"siblings": [', b"0," * 50_000, every=0)
    with endless.serving() as server:
        story.environ = {"HF_ENDPOINT": server.endpoint}
        with pytest.raises(Failure, match=r"is larger than 1\.0 MB, and was read no further"):
            story.download()


def test_a_list_that_comes_in_good_pieces_for_ever_is_given_up(story: Story) -> None:
    story.pace = replace(SOON, slowest=60.0, piece=64)
    with Trickle(HEAD + b"\r\n[", b"0," * 64, every=0.01).serving() as server:
        story.environ = {"HF_ENDPOINT": server.endpoint}
        with pytest.raises(Failure, match=r"has not come to its end after 0\.4 s"):
            story.download()


@pytest.mark.parametrize(
    "asked", ["\u00b2", "\u0663", "1" * 5000, "-1", "1e9", "soon", "9" * 10, ""]
)
def test_a_wish_to_wait_that_is_no_number_is_none(story: Story, asked: str) -> None:
    odd = asked.encode().decode("latin-1")
    story.hub.faults = [Fault("config.json", status=429, headers={"Retry-After": odd})]
    story.download()
    story.assert_complete()


@pytest.mark.parametrize(
    "answer",
    [
        b"[" * 200_000,
        b'{"sha": ' + b"9" * 100_000 + b"}",
        b'{"siblings": NaN}',
        b"\xff\xfe{}",
        b'{"sha": "\\ud800"}',
    ],
    ids=["deep", "huge number", "NaN", "no UTF-8", "half a character"],
)
def test_json_that_no_hub_writes_is_a_failure(story: Story, answer: bytes) -> None:
    head = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(answer)
    with Trickle(head + answer, b"", every=0).serving() as server:
        story.environ = {"HF_ENDPOINT": server.endpoint}
        with pytest.raises(Failure, match="does not answer as a hub does"):
            story.download()


@pytest.mark.parametrize(
    "head",
    [
        b"".join(b"X-%d: 1\r\n" % n for n in range(200)),
        b"X: " + b"y" * 70_000 + b"\r\n",
        b"Location: http://[::1\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: 5, 6\r\n",
        b"Content-Range: bytes \xd9\xa1-2/3\r\n",
        b": no name\r\n",
    ],
    ids=["many", "long", "broken address", "negative", "two lengths", "other digits", "nameless"],
)
@pytest.mark.parametrize("status", [b"200 OK", b"302 Found", b"206 Part", b"999 Odd"])
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_odd_headers_are_a_failure_in_words(story: Story, head: bytes, status: bytes) -> None:
    story.pace = SOON
    answer = b"HTTP/1.1 " + status + b"\r\n" + head + b"Connection: close\r\n\r\n{}"
    with Trickle(answer, b"", every=0).serving() as server:
        story.environ = {"HF_ENDPOINT": server.endpoint}
        with pytest.raises(Failure) as found:
            story.download()
    assert found.value.message
    assert "Traceback" not in story.said()
    # urllib3 leaves the connection of an answer that it refuses to whoever collects it.
    del found
    gc.collect()


def test_the_shards_commit_is_named_by_the_hub_alone(story: Story) -> None:
    story.download()
    assert all(call.path or call.method == "GET" for call in story.hub.calls)
    assert COMMIT in (story.folder / ".deployer").joinpath("complete.json").read_text("utf-8")
