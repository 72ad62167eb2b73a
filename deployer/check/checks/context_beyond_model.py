"""A longer context is asked for than the model has.

Why it hurts: SGLang refuses it when it starts; and where a variable allows it, the model answers
wrongly beyond its own length.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
    -   context_length: 262144
    +   context_length: 131072

Source: SGLang 0.5.10.post1 ``srt/configs/model_config.py:380-405``; 0.5.23
``configs/model_config.py:1291-1330`` and ``utils/hf_transformers/common.py:677``
(``get_context_length``), which look at the configuration as `--json-model-override-args` changes
it: so the context is stretched with YaRN.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

ALLOWED = "SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN"


def find(case: Case) -> Iterator[Problem]:
    """Compare the stated length with the model's own, where that is known."""
    known, stated = case.resolved.subject.model, case.profile.model.context_length
    if known is None or stated is None or stated <= known.longest:
        return
    if ALLOWED not in case.profile.engine.env:
        yield Problem(
            ("model", "context_length"),
            f"{stated:,} tokens are more than the {known.longest:,} of {case.profile.model.repo}",
            f"write at most {known.longest}, or leave it out",
        )


RULE = Rule(
    "context-beyond-model",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
