"""The long warm-up prompt is longer than the engine takes.

Why it hurts: the engine refuses it with 400, the warm-up fails, and the start with it, after all
weights are loaded.

Instead of::

    model:
      context_length: 8192
    lifecycle:
      warmup: [long_context]
      warmup_long_tokens: 8192

Write::

    model:
      context_length: 8192
    lifecycle:
      warmup: [long_context]
      warmup_long_tokens: 4096

Source: SGLang 0.5.10.post1 ``managers/tokenizer_manager.py``: prompt and answer must fit.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.derive import warmup_kinds
from deployer.facts.models.catalogue import shapes
from deployer.finding import Severity
from deployer.profile.model import Profile

ROOM = 256
"""Tokens beside the filler: the chat template, the question, and 128 tokens of answer."""


def find(profile: Profile) -> Iterator[Problem]:
    """Compare the long prompt with the context of one request and with the whole pool."""
    if "long_context" not in warmup_kinds(profile):
        return
    long = profile.lifecycle.warmup_long_tokens
    for limit, name in _limits(profile):
        if long + ROOM > limit:
            yield Problem(
                ("lifecycle", "warmup_long_tokens"),
                f"a prompt of about {long:,} tokens and its answer do not fit into the {limit:,} "
                f"of {name}",
                f"write at most {max(limit - ROOM, 16)}, or take `long_context` out",
            )
            return


def _limits(profile: Profile) -> Iterator[tuple[int, str]]:
    if profile.model.context_length is not None:
        yield profile.model.context_length, "`model.context_length`"
    if profile.memory.max_total_tokens is not None:
        yield profile.memory.max_total_tokens, "`memory.max_total_tokens`"
    known = shapes(profile.model.repo)
    if known is not None and profile.model.context_length is None:
        yield known.longest, "the model's context"


RULE = Rule(
    "warmup-beyond-context",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
