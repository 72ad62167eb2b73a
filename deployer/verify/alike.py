"""Whether an endpoint answers at all to what it is asked, or says the same to everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import reasoning_of, text_of
from deployer.verify.asking import answered
from deployer.verify.check import Broken
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from deployer.verify.context import Context


class Alike:
    """Two questions that cannot have one answer, asked once for all probes that pass."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._found: list[Broken | None] = []

    def __call__(self) -> Broken | None:
        """Say what is wrong where both got the same answer; None where they did not."""
        if not self._found:
            self._found.append(self._ask())
        return self._found[0]

    def _ask(self) -> Broken | None:
        one, other = map(self._said, (prompts.SUM, prompts.CAPITAL_ASKED))
        if not one or one != other:
            return None
        msg = "two different questions got the same answer: what is said here answers nothing"
        detail = (excerpt(self._context.endpoint, one),)
        return Broken(msg, hint="does something in between give answers of its own?", detail=detail)

    def _said(self, question: str) -> str:
        message = answered(self._context, question).message
        return text_of(message.content) + reasoning_of(message)
