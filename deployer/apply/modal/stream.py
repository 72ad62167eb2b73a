"""Following an app's log, over the RPC that Modal's command line uses for it."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from modal._utils.async_utils import synchronizer
from modal.client import _Client
from modal_proto import api_pb2

from deployer.apply.modal import rpc
from deployer.apply.modal.rpc import CLIENT_ERRORS
from deployer.apply.modal.words import in_words
from deployer.apply.patience import current
from deployer.errors import Failure, NotReached

WAIT = 1.0
"""Seconds that one question for news stays open."""

LAST = 0.1
"""Seconds that it does where nobody waits for more than what is there already."""

LOOK_EVERY = 0.05
"""Seconds between two looks whether anybody still wants to hear of news."""

MOST = 1000
"""Batches that are taken from one answer before what they hold is given on."""

PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0)
"""Seconds between two tries where the log could not be read: the client tries no stream again
(modal 1.6.4). After the last of them it is given up."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a log: the container that wrote it ('' where Modal does not say), and when.

    ``when`` is by the clock of the machine that wrote it: it is compared with no other's.
    """

    task: str
    when: float
    text: str


def follow(
    app_id: str,
    until: Callable[[], bool],
    trouble: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Line | None]:
    """Give each line, and None where there is no more for now; until told, or the app ends.

    A question that fails is asked again; ``trouble`` hears why, and '' when it is over. Raises
    Failure, in words, for what Modal refuses, and where it does not answer again and again.
    """
    last, failed, wait = "", 0, LAST
    rests: dict[str, str] = defaultdict(str)
    while True:
        over = until()
        try:
            if over:
                batches = _batches(app_id, last, LAST, LAST, _never)
            else:
                batches = _batches(app_id, last, wait, WAIT, until)
        except NotReached as failure:
            if over or failed == len(PAUSES):
                raise
            trouble(failure.message)
            sleep(PAUSES[failed])
            failed += 1
            continue
        if failed:
            trouble("")
            failed = 0
        for batch in batches:
            last = batch.entry_id or last
            for item in batch.items:
                *lines, rest = (rests[batch.task_id] + item.data).split("\n")
                rests[batch.task_id] = rest
                yield from (Line(batch.task_id, item.timestamp, text) for text in lines)
            if batch.app_done:
                return
        yield None
        if over and not batches:
            return
        wait = WAIT


def _never() -> bool:
    return False


def _batches(
    app_id: str, last: str, wait: float, most: float, until: Callable[[], bool]
) -> list[Any]:
    try:
        return cast("list[Any]", _read(app_id, last, wait, most, until))
    except CLIENT_ERRORS as error:
        failure: Failure = in_words(error)
        raise failure from error


@synchronizer.create_blocking
async def _read(
    app_id: str, last: str, wait: float, most: float, until: Callable[[], bool]
) -> list[Any]:
    """Read what is new within ``wait`` seconds; raises TimeoutError where nothing is said at all.

    That there is nothing new is said by the end of the answer; for what goes on being said it is
    not waited longer than ``most`` seconds, and for nothing once ``until`` is so.
    """
    found: list[Any] = []
    request = api_pb2.AppGetLogsRequest(app_id=app_id, timeout=wait, last_entry_id=last)

    async def read() -> None:
        client = await _Client.from_env()
        async for batch in client._stub.AppGetLogs.unary_stream(request):  # noqa: SLF001 - see `client.py`
            found.append(batch)
            if batch.app_done or len(found) == MOST:
                return

    reading = asyncio.ensure_future(read())
    try:
        end = time.monotonic() + most
        while not reading.done() and (left := end - time.monotonic()) > 0:
            await asyncio.wait({reading}, timeout=min(left, LOOK_EVERY))
            if not reading.done() and until():
                return found
        if not reading.done() and not found:
            seconds = current().bound(rpc.ANSWER)
            await asyncio.wait({reading}, timeout=seconds)
            if not reading.done() and not found:
                message = f"no answer within {seconds:.3g} s"
                raise TimeoutError(message)
        if reading.done() and not found:
            reading.result()  # raises what went wrong
    finally:
        reading.cancel()
    return found
