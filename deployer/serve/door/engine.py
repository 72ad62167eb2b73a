"""Asking the engine: a connection for each request, whose pieces are handed on where they arrive.

A piece of a stream goes from the engine's socket into the client's in one turn of the loop: no task
is woken for it. What aiohttp's client does for each took more time than all the rest of the door.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from deployer.serve.door.reply import Body, Head, NoAnswerError, read_head

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

CONNECT_SECONDS = 10.0
"""For a connection to the engine, which is on this machine."""

HOST = "127.0.0.1"


class Asked(asyncio.Protocol):
    """One request to the engine, and what comes of it.

    A context manager: at its end the connection is gone, and the engine stops what it does for it.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._head: asyncio.Future[Head] = asyncio.get_running_loop().create_future()
        self._told = asyncio.Event()
        self._raw = b""
        self._body: Body | None = None
        self._early: list[bytes] = []
        self._take: Callable[[bytes], bool] = self._keep
        self._failed = False
        self._held_up = False

    async def __aenter__(self) -> Self:
        """Be given to whoever asks."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.abort()
        if not self._head.done():
            self._head.cancel()

    async def head(self) -> Head:
        """Give the head of the answer; raises :class:`NoAnswerError` where there is none."""
        return await self._head

    async def whole(self) -> bytes:
        """Give the whole body; raises :class:`NoAnswerError` where it ends early."""
        while not await self.moved():
            self.go_on()
        return b"".join(self._early)

    def pass_to(self, take: Callable[[bytes], bool]) -> None:
        """Hand each piece to ``take`` from now on, which tells whether it wants more just now."""
        early, self._early = self._early, []
        self._take = take
        for piece in early:
            self._give(piece)

    async def moved(self) -> bool:
        """Wait until the answer is over (True), or whoever takes it wants no more (False).

        Raises :class:`NoAnswerError` where the answer ends before it is whole.
        """
        await self._told.wait()
        if self._held_up:
            return False
        if self._failed:
            raise NoAnswerError
        return True

    def go_on(self) -> None:
        """Take what comes again."""
        self._held_up = False
        if not (self._failed or (self._body and self._body.over)):
            self._told.clear()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be connected."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what the engine sends."""
        try:
            if self._body is None:
                found = read_head(self._raw + data)
                if found is None:
                    self._raw += data
                    return
                head, data = found
                self._raw, self._body = b"", Body(head)
                if not self._head.done():
                    self._head.set_result(head)
            if piece := self._body.feed(data):
                self._give(piece)
        except NoAnswerError:
            self._fail()
        else:
            if self._body.over:
                self._told.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Know that an answer which is not whole will not become so."""
        del exc
        self._fail()

    def _give(self, piece: bytes) -> None:
        if not self._take(piece):
            self._held_up = True
            self._told.set()
            if self._transport is not None and not self._transport.is_closing():
                self._transport.pause_reading()

    def _keep(self, piece: bytes) -> bool:
        self._early.append(piece)
        return True

    def _fail(self) -> None:
        if self._body is not None and self._body.over:
            return
        self._failed = True
        if not self._head.done():
            self._head.set_exception(NoAnswerError())
        self._told.set()
        if self._transport is not None:
            self._transport.abort()


async def ask(
    port: int, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
) -> Asked:
    """Send a request to the engine at ``port``.

    Raises :class:`NoAnswerError` where nobody takes it.
    """
    lines = [f"{method} {target} HTTP/1.1", f"Host: {HOST}:{port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    text = "".join(f"{line}\r\n" for line in lines)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            transport, asked = await loop.create_connection(Asked, HOST, port)
    except (OSError, TimeoutError) as error:
        raise NoAnswerError from error
    transport.write(text.encode("utf-8", "surrogateescape") + b"\r\n" + body)
    return asked
