"""Following an app's log, over the RPC that Modal's command line uses for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import modal
from grpclib.exceptions import ProtocolError, StreamTerminatedError
from modal._utils.async_utils import synchronizer
from modal.client import _Client
from modal_proto import api_pb2

from deployer.apply.modal.rpc import bounded
from deployer.apply.modal.words import in_words

WAIT = 1.0
"""Seconds that one question for news stays open."""

LAST = 0.1
"""Seconds that it does where nobody waits for more than what is there already."""


@synchronizer.create_blocking
async def _log_batches(app_id: str, last: str, wait: float) -> Any:  # noqa: ANN401 - a protocol message
    client = await _Client.from_env()
    request = api_pb2.AppGetLogsRequest(app_id=app_id, timeout=wait, last_entry_id=last)
    with suppress(StopAsyncIteration):
        async for batch in client._stub.AppGetLogs.unary_stream(request):  # noqa: SLF001
            if batch.items or batch.app_done:
                return batch
    return None


def follow(app_id: str, until: Callable[[], bool]) -> Iterator[tuple[float, str]]:
    """Give each line and its time, until told and nothing more comes, or the app ends.

    Only the first answer is bounded: a log may have nothing to say for hours. Raises Failure, in
    words, for what Modal refuses and where it does not answer.
    """
    last, open_line, first = "", "", True
    while True:
        over = until()
        batch = _batch(app_id, last, LAST if over else WAIT, first=first)
        first = False
        if batch is None:
            if over:
                return
            continue
        last = batch.entry_id or last
        for item in batch.items:
            *lines, open_line = (open_line + item.data).split("\n")
            yield from ((item.timestamp, line) for line in lines)
        if batch.app_done:
            return


def _batch(app_id: str, last: str, wait: float, *, first: bool) -> Any:  # noqa: ANN401 - as above
    ask = partial(_log_batches, app_id, last, wait)
    try:
        return bounded(ask) if first else ask()
    except (modal.exception.Error, OSError, ProtocolError, StreamTerminatedError) as error:
        raise in_words(error) from error
