"""Reading from a server that may never end: each head, each piece and each whole has its bound.

A socket's timeout counts from byte to byte, so a server that sends one byte in a while outlasts it.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

from urllib3.exceptions import HTTPError

from deployer.errors import Failure
from deployer.serve.weights.pace import Later
from deployer.serve.weights.space import amount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests import Response

    from deployer.serve.weights.pace import Pace


def within(seconds: float, ask: Callable[[], Response], who: str) -> Response:
    """Ask for an answer's head, however slowly it comes. Raises :class:`Later` after ``seconds``.

    It is asked in a thread of its own, which is left behind then and closes what it gets at last.
    """
    answers: queue.SimpleQueue[Response | BaseException] = queue.SimpleQueue()
    given_up = threading.Event()

    def run() -> None:
        try:
            answer = ask()
        except BaseException as error:  # noqa: BLE001 - raised by the thread that waits
            answers.put(error)
            return
        answers.put(answer)
        if given_up.is_set():
            answer.close()

    threading.Thread(target=run, name="answer", daemon=True).start()
    try:
        found = answers.get(timeout=seconds)
    except queue.Empty:
        given_up.set()
        message = f"{who} has not begun to answer after {seconds:g} s"
        raise Later(message) from None
    if isinstance(found, BaseException):
        raise found
    return found


def pieces(
    response: Response, pace: Pace, what: str, clock: Callable[[], float] = time.monotonic
) -> Iterator[bytes]:
    """Give the bytes of an answer in pieces of ``pace.piece``, the last and the slow ones smaller.

    Raises :class:`Later` where the connection is cut, and where one piece takes longer than
    ``pace.slowest``: what came of it is given before.
    """
    piece, begun = bytearray(), clock()
    while True:
        came = _some(response, pace.piece - len(piece))
        piece += came
        took = clock() - begun
        if came and len(piece) < pace.piece and took <= pace.slowest:
            continue
        if piece:
            yield bytes(piece)
        if not came:
            return
        if took > pace.slowest:
            message = f"only {amount(len(piece) / took)}/s of {what} arrived"
            raise Later(message)
        piece, begun = bytearray(), clock()


def whole(
    response: Response,
    pace: Pace,
    what: str,
    largest: int,
    *,
    hint: str = "look at HF_ENDPOINT: this is no answer of a hub",
    clock: Callable[[], float] = time.monotonic,
) -> bytes:
    """Read an answer to its end. Raises :class:`Later` as :func:`pieces` does.

    Also after ``pace.answer`` seconds in all. Raises :class:`Failure` for more than ``largest``
    bytes.
    """
    found, begun = bytearray(), clock()
    for piece in pieces(response, pace, what, clock):
        found += piece
        if len(found) > largest:
            message = f"{what} is larger than {amount(largest)}, and was read no further"
            raise Failure(message, hint=hint)
        if clock() - begun > pace.answer:
            message = f"{what} has not come to its end after {pace.answer:g} s"
            raise Later(message)
    return bytes(found)


def _some(response: Response, most: int) -> bytes:
    """Give what has arrived, at least a byte; nothing at the end."""
    try:
        return response.raw.read1(most, decode_content=False) or b""
    except (HTTPError, OSError, ValueError):
        message = "the connection was cut"
        raise Later(message) from None
