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
"""Counts in the engine; it is not there before the first. Not every release counts here who went:
0.5.17 drops the request at once and says nothing (``_discard_pending_req_states``), 0.5.23 counts
(``_release_req_states_on_failure``, both in tokenizer_manager.py). ``num_running_reqs`` is as old
as the last line of the log, and shows nothing."""

COMPUTED = "sglang:realtime_tokens_total"
"""Counts in the scheduler, at each step: it stands still where nobody is worked for."""

LONG = 8192
"""Tokens of the answer, where the context has room for twice as many: no model has made them in the
two seconds after which SGLang looks whether a client is there (``create_abort_task``)."""

OWN = 16
"""Tokens of the supervisor's own request for one token, which may come at any time."""

SLOW = 2048
"""Fewer than these may have been made by then."""


def ask(context: Context, check: Check) -> Verdict:
    """Begin a long answer, go away, and wait until the engine has given it up."""
    if not context.endpoint.metrics:
        return check.skipped(f"{NOT_PROMISED}: nothing tells whether the engine gives up")
    tokens = min(LONG, (context_length(context) or 2 * context.max_tokens) // 2)
    before = read(context)
    _leave(context, tokens)
    after = until(context, lambda sums: sums.get(ABORTED, 0.0) > before.get(ABORTED, 0.0))
    if counted := after.get(ABORTED, 0.0) > before.get(ABORTED, 0.0):
        check.that(counted, "an answer whose client went was given up", otherwise="")
    elif COMPUTED in after:
        _see_computed(context, check, before, after, tokens)
    else:
        msg = f"a client went in mid-stream, and {ABORTED} did not move; nothing else would tell"
        raise Unseen(msg, hint="not every release counts there who went")
    return check.passed()


def _see_computed(
    context: Context,
    check: Check,
    before: dict[str, float],
    after: dict[str, float],
    tokens: int,
) -> None:
    """Look whether the engine goes on, by what its scheduler computes."""
    still = after[COMPUTED] + OWN
    later = until(context, lambda sums: sums.get(COMPUTED, 0.0) > still)
    if later.get(COMPUTED, 0.0) < after[COMPUTED]:
        msg = (
            f"{COMPUTED} went back or was gone: another engine answered than the one that was left"
        )
        raise Unseen(msg, hint="with several replicas any of them may be asked")
    made = later[COMPUTED] - before.get(COMPUTED, 0.0)
    if made >= tokens and tokens < SLOW:
        msg = f"an answer of {tokens} tokens may have been over before the engine looked"
        raise Unseen(msg, hint="it looks two seconds after a client has gone")
    check.that(
        later[COMPUTED] <= still and made < tokens,
        "an answer whose client went was not computed any further",
        otherwise=f"a client went in mid-stream, and {made:.0f} tokens were computed since: its "
        "slot stays taken",
        hint="others who ask at the same time are computed for, too",
    )


def _leave(context: Context, tokens: int) -> None:
    """Begin an answer of so many tokens and go away in the middle of it."""
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
