"""At temperature 0 a streamed answer is the one that comes in one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import text_of
from deployer.verify.asking import answered
from deployer.verify.check import Unseen
from deployer.verify.excerpt import excerpt
from deployer.verify.wire import streamed

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict


def ask(context: Context, check: Check) -> Verdict:
    """Ask the same twice, once streamed: nothing is lost, doubled or out of order in pieces.

    The answer is short and has one likely wording: kernels whose sums depend on what else is in
    the batch may take another turn somewhere in a long one.
    """
    whole = text_of(answered(context, prompts.CAPITAL_ASKED).message.content)
    if not whole:
        msg = "the answer in one piece is empty, so that there is nothing to hold the stream to"
        raise Unseen(msg)
    pieces = streamed(context, prompts.CAPITAL_ASKED).text().strip()
    check.that(
        pieces == whole,
        f"{len(whole)} characters are the same",
        otherwise="the streamed answer is not the one that comes in one piece",
        hint="does something in between drop or join pieces? Does the engine batch determinately?",
        detail=(
            f"in one piece: {excerpt(context.endpoint, whole)}",
            f"streamed: {excerpt(context.endpoint, pieces)}",
        ),
    )
    return check.passed()
