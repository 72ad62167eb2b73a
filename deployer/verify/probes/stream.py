"""A streamed answer comes in pieces, what was thought first and what is said after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import check_content, reasoning_of
from deployer.verify.asking import request
from deployer.verify.check import Broken
from deployer.verify.probes.json_schema import WORD, forced
from deployer.verify.probes.thinking import check_apart
from deployer.verify.wire import streamed

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionChunk

    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

SPARE = 16
"""How many chunks a stream may have beside two for each token."""


def ask(context: Context, check: Check) -> Verdict:
    """Stream an answer through the SDK, and look at what its pieces hold."""
    heard = _listen(context)
    _check_pieces(check, heard)
    # A finish_reason that is missing is the matter of `stream-shape`.
    check_content(context, check, "".join(heard.content), heard.finish or "stop")
    if context.endpoint.thinking:
        check.that(
            heard.thought_first,
            "the reasoning comes first",
            otherwise="no reasoning_content came before the content",
            hint="does the reasoning parser fit the model?",
        )
        under = streamed(context, prompts.SUM, thinking=True, response_format=forced(WORD))
        finish = under.finishes[-1] if under.finishes else None
        check_apart(context, check, under.text().strip(), finish)
    return check.passed()


@dataclass(slots=True)
class _Heard:
    """What was heard of a stream; ``first_piece`` is in seconds from the request."""

    first_piece: float = 0.0
    content: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    finish: object = None
    thought_first: bool = False


def _check_pieces(check: Check, heard: _Heard) -> None:
    pieces = sum(not piece.isspace() for piece in (*heard.content, *heard.reasoning))
    check.that(
        pieces > 1,
        f"{pieces} pieces, the first after {heard.first_piece:.2f} s",
        otherwise=f"the text came in {pieces} piece(s): nothing was streamed",
        hint="does something in between hold the answer back?",
    )


def _listen(context: Context) -> _Heard:
    heard = _Heard()
    start = context.clock()
    stream = context.client.chat.completions.create(
        **request(context, prompts.QUICKSORT, thinking=True, stream=True)
    )
    with stream:
        for number, chunk in enumerate(stream):
            if number > 2 * context.max_tokens + SPARE:
                msg = f"the stream goes on beyond {context.max_tokens} tokens"
                raise Broken(msg, hint="the engine ignores max_tokens")
            _take(heard, chunk)
            if not heard.first_piece and (heard.content or heard.reasoning):
                heard.first_piece = context.clock() - start
    return heard


def _take(heard: _Heard, chunk: ChatCompletionChunk) -> None:
    choices = getattr(chunk, "choices", None)
    if not isinstance(choices, list) or not choices:
        return
    delta = choices[0].delta
    if isinstance(text := getattr(delta, "content", None), str) and text:
        heard.content.append(text)
    if reasoning := reasoning_of(delta):
        heard.reasoning.append(reasoning)
    heard.thought_first |= bool(heard.reasoning) and not heard.content
    heard.finish = choices[0].finish_reason or heard.finish
