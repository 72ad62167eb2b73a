"""Some numbers of the draft are stated, and the others are not.

Why it hurts: SGLang chooses all of them or none: with some it ends with an assertion, or with a
comparison of `None` and a number, when it starts.

Instead of ``-`` write ``+``::

      speculative:
        algorithm: EAGLE
    +   num_steps: 3
        eagle_topk: 1

Source: SGLang 0.5.10.post1 ``srt/server_args.py:3054-3085`` and 0.5.23
``speculative_hook.py:1159``.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import DRAFTS_BY_STEPS, draft_tokens
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for steps, branches and tokens of which some are missing."""
    spec = case.profile.speculative
    if spec is None or spec.algorithm not in DRAFTS_BY_STEPS:
        return
    numbers = {
        "num_steps": spec.num_steps,
        "eagle_topk": spec.eagle_topk,
        "num_draft_tokens": spec.num_draft_tokens or draft_tokens(case.profile),
    }
    stated = [name for name, number in numbers.items() if number is not None]
    missing = [name for name, number in numbers.items() if number is None]
    if stated and missing:
        yield Problem(
            ("speculative", stated[0]),
            f"`{stated[0]}` is stated without {' and '.join(f'`{name}`' for name in missing)}, "
            "and the engine takes all or none",
            "state `num_steps` and `eagle_topk: 1`, from which the tokens follow, or none",
        )


RULE = Rule(
    "speculation-half-stated",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/speculative_decoding.html",
)
