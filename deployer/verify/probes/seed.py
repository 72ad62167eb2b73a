"""The same seed gives the same answer again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import text_of
from deployer.verify.asking import answered
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

SEED = 7
SHORT = 64


def ask(context: Context, check: Check) -> Verdict:
    """Draw an answer at temperature 1, and draw it again.

    SGLang keeps to seeds only with ``--enable-deterministic-inference``.
    """
    if not context.endpoint.deterministic:
        return check.skipped("the profile does not turn deterministic inference on")
    asked = {"temperature": 1, "seed": SEED, "max_tokens": SHORT}
    one, other = (
        text_of(answered(context, prompts.STORY, **asked).message.content) for _ in range(2)
    )
    check.that(bool(one), "there is an answer", otherwise="the answer is empty")
    check.that(
        one == other,
        "two draws with one seed are the same",
        otherwise="two draws with one seed differ",
        detail=(excerpt(context.endpoint, one), excerpt(context.endpoint, other)),
    )
    return check.passed()
