"""The model thinks aloud, and nothing tells its thinking from its answer.

Why it hurts: every answer begins with pages of thinking in `content`, tags included, which clients
show and store.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      serving:
    -   reasoning_parser: null
    +   reasoning_parser: glm45

Source: SGLang ``docs/advanced_features/separate_reasoning.ipynb``.
https://docs.sglang.io/advanced_features/separate_reasoning.html
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.parsers import family, thinks
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for a model that thinks unless told otherwise, without a reasoning parser."""
    known = family(case.profile.model.repo)
    if known is None or case.profile.model.source != "huggingface":
        return
    if thinks(case.profile.model.repo) and case.profile.serving.reasoning_parser is None:
        yield Problem(
            ("serving",),
            f"{known.title} models think aloud, and `reasoning_parser` is not set: their thinking "
            "is in the answer",
            f"write `reasoning_parser: {known.reasoning[0]}`",
        )


RULE = Rule(
    "thinking-unparsed",
    Severity.WARNING,
    find,
    link="https://docs.sglang.io/advanced_features/separate_reasoning.html",
)
