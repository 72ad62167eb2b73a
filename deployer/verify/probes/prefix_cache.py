"""The same beginning is computed once."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.asking import completed
from deployer.verify.check import Unseen
from deployer.verify.counted import read, until

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

CACHED = "sglang:cached_tokens_total"
SENTENCES = 60
"""Of filler: some 900 tokens, many pages of any size that the cache is kept in."""

SHARE = 0.5
"""The least part of the prompt that has to come from the cache; pages and ends are computed."""


def ask(context: Context, check: Check) -> Verdict:
    """Ask a long question that nobody asked before, and ask it again."""
    if not context.endpoint.metrics or not context.endpoint.cache:
        return check.skipped("the profile turns the prefix cache or its metrics off")
    nonce = secrets.token_hex(4)
    question = f"{nonce} {prompts.FILLER * SENTENCES}\n{prompts.SUMMARIZE}"
    usage = completed(context, question, max_tokens=1).usage
    size = getattr(usage, "prompt_tokens", None)
    if not isinstance(size, int) or size <= 0:
        msg = "the answer does not count the prompt's tokens, so that nothing tells what is cached"
        raise Unseen(msg)
    before = read(context).get(CACHED, 0.0)
    completed(context, question, max_tokens=1)
    after = until(context, lambda sums: sums.get(CACHED, 0.0) - before >= SHARE * size)
    found = after.get(CACHED, 0.0) - before
    check.that(
        found >= SHARE * size,
        f"{found:g} of {size} tokens came from the cache",
        otherwise=f"the same prompt twice took {found:g} of {size} tokens from the cache",
        hint="with several replicas each request may reach another one",
    )
    return check.passed()
