"""One question to Modal's control plane, or many at a time, each with an end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import modal
from grpclib.exceptions import ProtocolError, StreamTerminatedError
from h2.exceptions import H2Error
from modal._utils.async_utils import synchronizer
from modal.client import _Client
from modal_proto import api_pb2

from deployer.apply.modal.words import in_words
from deployer.apply.patience import current
from deployer.errors import Failure, NotReached

T = TypeVar("T")

ANSWER = 60.0
"""Seconds that an answer may take, with all that the client tries again where Modal is overloaded.
A connection that is open and silent it waits for without an end (modal 1.6.4)."""

AT_ONCE = 32
"""Questions that are under way at the same time."""

UNANSWERED = 5
"""Questions in a row that may stay without an answer; the client tries each again by itself."""

HTTP = "aiohttp"
"""What the client reads the files of volumes with; nothing else here needs it."""

PAUSES = (0.1, 0.2, 0.4)
"""Seconds between two tries, as the client has them for what it tries again."""

CLIENT_ERRORS = (
    modal.exception.Error,
    OSError,
    ProtocolError,
    StreamTerminatedError,
    H2Error,
)
"""What the client raises where Modal refuses, or where the connection does not hold."""


class NotFoundFailure(Failure):
    """Modal does not know what a question was about."""


def answer(rpc: str, request: Any) -> Any:  # noqa: ANN401 - each RPC has messages of its own
    """Ask one thing; raises Failure, in words, for what went wrong."""
    return told(rpc, lambda: _asked(rpc, request))


def streamed(rpc: str, request: Any) -> list[Any]:  # noqa: ANN401 - as above
    """Ask what is answered as a stream; gives all of it. Raises Failure, in words."""

    async def all_of_it() -> list[Any]:
        client = await _Client.from_env()
        stream = getattr(client._stub, rpc).unary_stream(request)  # noqa: SLF001 - see `client.py`
        return [one async for one in stream]

    return told(rpc, partial(again, all_of_it))


def answers(rpc: str, requests: Sequence[Any]) -> list[Any]:
    """Ask the same of many things at a time; None where Modal does not know one of them.

    Raises Failure, in words, where one of them has no answer.
    """

    async def one(request: Any) -> Any:  # noqa: ANN401 - as above
        try:
            return await _asked(rpc, request)
        except modal.exception.NotFoundError:
            return None

    return gathered(rpc, [partial(one, request) for request in requests])


def gathered(what: str, questions: Sequence[Callable[[], Coroutine[Any, Any, T]]]) -> list[T]:
    """Ask many things at a time, :data:`AT_ONCE` of them together, each with an end.

    Raises Failure, in words, where one of them fails; the others are left off then.
    """
    if not questions:
        return []

    async def all_of_them() -> list[T]:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(question: Callable[[], Coroutine[Any, Any, T]]) -> T:
            async with gate:
                return await _ended(question(), None)

        asked = [asyncio.ensure_future(one(question)) for question in questions]
        try:
            return list(await asyncio.gather(*asked))
        finally:
            for each in asked:
                each.cancel()

    return _said(what, all_of_them)


def told(what: str, question: Callable[[], Awaitable[T]], most: float | None = None) -> T:
    """Ask by a call of the client's own, which may wait without an end; it has one here.

    ``most`` is in seconds, :data:`ANSWER` by itself. Raises Failure, in words, for what went wrong.
    """
    return _said(what, lambda: _ended(question(), most))


def raised(what: str, question: Callable[[], Awaitable[T]]) -> T:
    """Ask as :func:`told` does; raises what the client raises, and TimeoutError."""
    with current().waiting(f"Modal ({what})"):
        return cast("T", _run(lambda: _ended(question(), None)))


async def again(question: Callable[[], Awaitable[T]]) -> T:
    """Ask what comes as a stream again where there was no answer, which the client does not.

    As often, and after as long, as it does for all else (modal 1.6.4); where Modal asks for a
    pause, after that. Raises what it raises.
    """
    for pause in PAUSES:
        try:
            return await question()
        except CLIENT_ERRORS as error:
            asked_for = _pause(error)
            if asked_for is None and not isinstance(in_words(error), NotReached):
                raise
            await asyncio.sleep(max(pause, asked_for or 0.0))
    return await question()


def _pause(error: BaseException) -> float | None:
    """Give the seconds after which Modal asks to try again; None where it does not."""
    details = getattr(error, "_grpc_details", None) or ()
    found = (one for one in details if isinstance(one, api_pb2.RPCRetryPolicy))
    return next((float(one.retry_after_secs) for one in found), None)


@synchronizer.create_blocking
async def _run(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


async def _asked(rpc: str, request: Any) -> Any:  # noqa: ANN401 - as above
    client = await _Client.from_env()
    return await getattr(client._stub, rpc)(request)  # noqa: SLF001 - see `client.py`


async def _ended(question: Awaitable[T], most: float | None) -> T:
    seconds = current().bound(ANSWER if most is None else most)
    asked = asyncio.ensure_future(question)
    try:
        done, _ = await asyncio.wait({asked}, timeout=seconds)
        if done:
            return _result(asked)
    finally:
        asked.cancel()
    message = f"no answer within {seconds:.3g} s"
    raise TimeoutError(message)


def _result(asked: asyncio.Future[T]) -> T:
    """Give what was answered, or raise what the question itself raises, be it a TimeoutError."""
    try:
        return asked.result()
    except Exception as error:
        if type(error).__module__.partition(".")[0] != HTTP:
            raise
        message = str(error) or type(error).__name__
        raise ConnectionError(message) from error


def _said(what: str, work: Callable[[], Awaitable[T]]) -> T:
    try:
        with current().waiting(f"Modal ({what})"):
            return cast("T", _run(work))
    except modal.exception.NotFoundError as error:
        failure = in_words(error)
        raise NotFoundFailure(failure.message, hint=failure.hint) from error
    except CLIENT_ERRORS as error:
        raise in_words(error) from error
