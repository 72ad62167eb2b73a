"""Many requests at once are all answered, each with its own answer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import text_of
from deployer.verify.asking import answered
from deployer.verify.check import Broken, Unseen
from deployer.verify.trouble import explain
from deployer.verify.wire import streamed

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

MANY = 32
ASKED = (
    (prompts.SUM, prompts.SUM_HOLDS),
    (prompts.CAPITAL_ASKED, prompts.CAPITAL_HOLDS),
)


def ask(context: Context, check: Check) -> Verdict:
    """Ask two questions in turn, 32 at once, half of them streamed, and look at each answer.

    What a model gets wrong alone is the matter of `content`, and shows nothing here.
    """
    alone = [text_of(answered(context, question).message.content) for question, _ in ASKED]
    if not all(prompts.holds(text, words) for text, (_, words) in zip(alone, ASKED, strict=True)):
        msg = "one request alone is answered wrong, so that nobody knows what many should get"
        raise Unseen(msg)
    faults: list[Broken | None] = [None] * MANY
    threads = [
        threading.Thread(target=_one, args=(context, number, faults), daemon=True)
        for number in range(MANY)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [fault for fault in faults if fault is not None]
    if found:
        msg = f"{len(found)} of {MANY} requests at once went wrong: {found[0].message}"
        raise type(found[0])(msg, hint=found[0].hint, detail=found[0].detail)
    check.that(
        not found,
        f"{MANY} at once, half of them streamed, each answered right",
        otherwise="one went wrong",
    )
    return check.passed()


def _said(context: Context, question: str, number: int) -> str:
    """Ask, every third and fourth time for a stream."""
    user = f"deployer-verify-{number}"
    if number // len(ASKED) % 2:
        return streamed(context, question, user=user).text()
    return text_of(answered(context, question, user=user).message.content)


def _one(context: Context, number: int, faults: list[Broken | None]) -> None:
    question, words = ASKED[number % len(ASKED)]
    try:
        text = _said(context, question, number)
    except Exception as error:  # noqa: BLE001 - whatever it is, this one went wrong
        faults[number] = explain(error, context.endpoint, context.timeout)
        return
    if not prompts.holds(text, words):
        faults[number] = Broken(f"the answer to {question!r} does not hold {words[0]}")
