"""One question to Modal's control plane, or many at a time, each with an end."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import modal
from grpclib.exceptions import ProtocolError, StreamTerminatedError
from modal._utils.async_utils import synchronizer
from modal.client import _Client

from deployer.apply.modal.words import in_words
from deployer.errors import Failure

T = TypeVar("T")

ANSWER = 60.0
"""Seconds that an answer may take. The client itself tries again where Modal is overloaded, for
some seconds; a connection that is open and silent it waits for without an end (modal 1.6.4)."""

AT_ONCE = 16
"""Questions that are under way at the same time."""


class NotFoundFailure(Failure):
    """Modal does not know what a question was about."""


@synchronizer.create_blocking
async def ask(rpc: str, request: Any) -> Any:  # noqa: ANN401 - each RPC has messages of its own
    """Ask one thing. Raises what the client raises, and TimeoutError after :data:`ANSWER`."""
    return await _ask(rpc, request)


@synchronizer.create_blocking
async def ask_each(rpc: str, requests: Sequence[Any]) -> list[Any]:
    """Ask the same of many things at a time; None where Modal does not know one of them."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(request: Any) -> Any:  # noqa: ANN401 - as above
        async with gate:
            try:
                return await _ask(rpc, request)
            except modal.exception.NotFoundError:
                return None

    return list(await asyncio.gather(*map(one, requests)))


def answer(rpc: str, request: Any) -> Any:  # noqa: ANN401 - as above
    """Ask one thing; raises Failure, in words, for what went wrong."""
    return _told(ask, rpc, request)


def answers(rpc: str, requests: Sequence[Any]) -> list[Any]:
    """Ask many things; raises Failure, in words, where one of them has no answer."""
    found: list[Any] = _told(ask_each, rpc, requests)
    return found


def bounded(question: Callable[[], T]) -> T:
    """Ask by a call of the client's own, which may wait without an end.

    Raises what it raises, and TimeoutError after :data:`ANSWER`: it is then left to itself, in a
    thread that keeps no process alive.
    """
    said: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            said.put((question(), None))
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked
            said.put((None, error))

    threading.Thread(target=run, name="question", daemon=True).start()
    try:
        found, error = said.get(timeout=ANSWER)
    except queue.Empty:
        raise TimeoutError(_late()) from None
    if error is not None:
        raise error
    return cast("T", found)


async def _ask(rpc: str, request: Any) -> Any:  # noqa: ANN401 - as above
    client = await _Client.from_env()
    question = getattr(client._stub, rpc)(request)  # noqa: SLF001 - see `client.py`
    try:
        return await asyncio.wait_for(question, ANSWER)
    except TimeoutError as error:
        raise TimeoutError(_late()) from error


def _late() -> str:
    return f"no answer within {ANSWER:g} s"


def _told(how: Any, rpc: str, what: Any) -> Any:  # noqa: ANN401 - as above
    try:
        return how(rpc, what)
    except modal.exception.NotFoundError as error:
        failure = in_words(error)
        raise NotFoundFailure(failure.message, hint=failure.hint) from error
    except (modal.exception.Error, OSError, ProtocolError, StreamTerminatedError) as error:
        raise in_words(error) from error
