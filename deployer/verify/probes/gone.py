"""Who leaves in mid-stream is worked for no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.asking import request
from deployer.verify.check import Broken, Unseen
from deployer.verify.counted import NOT_PROMISED, read, until
from deployer.verify.probes.models import context_length
from deployer.verify.wire import DONE

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

ABORTED = "sglang:num_aborted_requests_total"
"""Counts in the engine; it is not there before the first. ``num_running_reqs`` is as old as the
last line of the log, and shows nothing."""

LONG = 8192
"""Tokens of the answer, where the context has room for twice as many. SGLang looks two seconds
after the client has gone (``create_abort_task``, tokenizer_manager.py, 0.5.17 and 0.5.23): a small
model on an H200 had made 512 by then, and there was nothing to give up."""

SLOW = 2048
"""Tokens that no model makes for one client in those two seconds."""


def ask(context: Context, check: Check) -> Verdict:
    """Begin a long answer, go away, and wait until the engine has counted it as given up."""
    if not context.endpoint.metrics:
        return check.skipped(f"{NOT_PROMISED}: nothing tells whether the engine gives up")
    before = read(context).get(ABORTED, 0.0)
    tokens = min(LONG, (context_length(context) or 2 * context.max_tokens) // 2)
    body = request(context, prompts.STORY, extra_body={"ignore_eos": True}, max_tokens=tokens)
    create = context.client.chat.completions.with_streaming_response.create
    with create(stream=True, **body) as stream:
        heard = next(stream.iter_bytes(), b"")
    if not heard:
        msg = "the stream that was to be left had nothing in it"
        raise Broken(msg)
    if DONE.encode() in heard:
        msg = "the whole answer came at once, so that nobody could leave in the middle of it"
        raise Unseen(msg, hint="`spread` says more")
    after = until(context, lambda sums: sums.get(ABORTED, 0.0) > before)
    if after.get(ABORTED, 0.0) <= before and tokens < SLOW:
        msg = f"an answer of {tokens} tokens may have been over before the engine looked"
        raise Unseen(msg, hint="it looks two seconds after a client has gone")
    check.that(
        after.get(ABORTED, 0.0) > before,
        "an answer whose client went was given up",
        otherwise=f"a client went in mid-stream, and {ABORTED} did not move: its slot stays taken",
        hint="with several replicas another one may have counted it",
    )
    return check.passed()
