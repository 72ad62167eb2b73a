"""The long warm-up prompt is longer than the engine takes.

Why it hurts: the engine refuses it with 400, the warm-up fails, and the start with it, after all
weights are loaded.

Instead of ``-`` write ``+``::

      model:
        context_length: 8192
      lifecycle:
        warmup: [long_context]
    -   warmup_long_tokens: 8192
    +   warmup_long_tokens: 4096

Source: SGLang 0.5.10.post1 ``managers/tokenizer_manager.py``: prompt and answer must fit.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import PROMPT_ROOM, SHORTEST_PROMPT, prompt_limits, warmup_kinds
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the long prompt with the context of one request and with the whole pool."""
    if "long_context" not in warmup_kinds(case.profile):
        return
    long = case.profile.lifecycle.warmup_long_tokens
    said = ("lifecycle", "warmup_long_tokens" if long is not None else "warmup")
    for limit, name in prompt_limits(case.profile):
        if (long or SHORTEST_PROMPT) + PROMPT_ROOM > limit:
            yield Problem(
                said,
                f"a prompt of about {long or SHORTEST_PROMPT:,} tokens and its answer do not fit "
                f"into the {limit:,} of {name}",
                _hint(limit - PROMPT_ROOM),
            )
            return


def _hint(most: int) -> str:
    """Say what is short enough, if anything is."""
    if most < SHORTEST_PROMPT:
        return "take `long_context` out of `lifecycle.warmup`: there is no room for it"
    return f"write at most {most}, or leave it out: then it is as long as there is room for"


RULE = Rule(
    "warmup-beyond-context",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
