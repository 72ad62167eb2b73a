"""A streamed answer comes while it is made, and not at its end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.asking import request
from deployer.verify.check import Broken

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

TURNS = 3
"""Questions that are asked and answered while the stream must still be going on."""


@dataclass(slots=True)
class _Heard:
    """A stream as another thread hears it."""

    begun: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    reads: int = 0
    error: Exception | None = None


def ask(context: Context, check: Check) -> Verdict:
    """Begin a long stream, and ask for the models when its first piece is there.

    It is a matter of order and of no speed: who makes the whole answer before giving any of it has
    given all before the models are told.
    """
    heard = _Heard()
    threading.Thread(target=_listen, args=(context, heard), daemon=True).start()
    heard.begun.wait()
    if heard.error is not None:
        raise heard.error
    answers = 0
    for _ in range(TURNS + 1):  # the last one may meet the end
        context.get("/v1/models", api_key=context.endpoint.api_key)
        answers += not heard.ended.is_set()
    heard.ended.wait()
    if heard.error is not None:
        raise heard.error
    if heard.reads < 2 or answers < TURNS:  # noqa: PLR2004 - one read is no stream
        msg = "the whole answer came at once, at its end: it was not streamed while it was made"
        raise Broken(msg, hint="does something in between hold the answer back?")
    said = f"{TURNS} other questions were answered between its first piece and its last"
    check.that(heard.reads > 1, f"{said}; {heard.reads} reads", otherwise="it came in one read")
    return check.passed()


def _listen(context: Context, heard: _Heard) -> None:
    try:
        _read(context, heard)
    except Exception as error:  # noqa: BLE001 - it is raised where the probe is
        heard.error = error
    finally:
        heard.ended.set()
        heard.begun.set()


def _read(context: Context, heard: _Heard) -> None:
    body = request(context, prompts.STORY, extra_body={"ignore_eos": True})
    create = context.client.chat.completions.with_streaming_response.create
    said = b""
    with create(stream=True, **body) as response:
        for piece in response.iter_bytes():
            heard.reads += 1
            said += piece
            if b"[DONE]" in said:
                heard.ended.set()
            if said.count(b"data:") > 1:  # the first one only has the role
                heard.begun.set()
