"""The release does not implement the model.

Why it hurts: it asks the Transformers package for the class that the model's configuration names.
For a newer model that does not have it either, and the start ends; where it has it, the model runs
without SGLang's kernels. Both come after the weights are downloaded and the container is scheduled.

Instead of ``-`` write ``+``::

      model:
        repo: deepseek-ai/DeepSeek-V4-Flash
      engine:
    -   version: 0.5.11
    +   version: 0.5.23

Source: the ``EntryClass`` of every module below ``srt/models/`` in the wheels of 0.5.9 to 0.5.23
(``deployer/facts/sglang/architectures.json``); 0.5.23 ``models/registry.py`` falls back to
Transformers.
https://github.com/sgl-project/sglang/blob/v0.5.23/python/sglang/srt/models/registry.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.architectures import implements, since
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for the model's class among those that the release has."""
    version, name = case.profile.engine.version, case.resolved.subject.architecture.name
    first = since(name)
    if not first or case.said.value("--model-impl") == "transformers":
        return
    if implements(version, name) is False:
        yield Problem(
            ("engine", "version"),
            f"SGLang {version} does not implement {name}, which {case.profile.model.repo} is",
            f"take {first} or later",
        )


RULE = Rule("model-before-release", Severity.ERROR, find)
