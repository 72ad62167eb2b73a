"""The builtin model is given another name, or a folder.

Why it hurts: there is one builtin model, which comes with deployer. Under another name it would be
served as what it is not; with a folder another one would be loaded.

Instead of ``-`` write ``+``::

      target: local
      modal: null
      model:
        source: builtin
    -   repo: zai-org/GLM-5.1
    +   repo: tiny

Source: ``deployer/engine/tiny_model`` has it, of the architecture
https://huggingface.co/docs/transformers/model_doc/qwen3, and ``deployer/compile/derive.py`` names
its folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.cpu import BUILTIN
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for a builtin model that is said to be, or to lie, somewhere."""
    model = case.profile.model
    if model.source != "builtin":
        return
    if model.repo != BUILTIN:
        yield Problem(
            ("model", "repo"),
            f"`{model.repo}` is no builtin model: the only one is `{BUILTIN}`",
            f"write `{BUILTIN}`, or leave `source` out for a repository of the hub",
        )
    if model.path is not None:
        yield Problem(
            ("model", "path"),
            "the builtin model is made in a folder of its own, and this one would be loaded",
            "take it out, or leave `source` out for a model that lies there",
        )


RULE = Rule("builtin-model-contradicts", Severity.ERROR, find)
