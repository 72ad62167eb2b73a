"""The parser is of another family of models.

Why it hurts: it waits for tags that this model does not write: tool calls stay text in the answer,
or the whole answer is taken for thinking, with status 200.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      serving:
    -   tool_call_parser: glm45
    +   tool_call_parser: glm47

Source: SGLang ``docs/advanced_features/tool_parser.ipynb`` and ``separate_reasoning.ipynb``;
sgl-project/sglang#26384 (`glm47` is no reasoning parser).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.parsers import ANY_FAMILY, family
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the two parsers with those of the model's family, where it is known."""
    known, serving = family(case.profile.model.repo), case.profile.serving
    if known is None or case.profile.model.source != "huggingface":
        return
    for field, kind, right in (
        ("reasoning_parser", "reasoning", known.reasoning),
        ("tool_call_parser", "tool-call", known.tools),
    ):
        stated = getattr(serving, field)
        if stated is not None and stated not in {*right, *ANY_FAMILY}:
            yield Problem(
                ("serving", field),
                f"`{stated}` is no {kind} parser of {known.title}",
                f"write `{right[0]}`" if right else "leave it out: these models do not think aloud",
            )


RULE = Rule(
    "parser-of-another-family",
    Severity.WARNING,
    find,
    link="https://docs.sglang.io/advanced_features/tool_parser.html",
)
