"""Whether the model fits into its GPUs could not be looked at.

Why it hurts: nothing was found because nothing was asked. Whether the weights fit, how many tokens
the KV pool holds, how layers divide and what the checkpoint brings for speculation are known from
the model's own files alone.

Instead of ``-`` write ``+``::

      model:
    -   repo: acme/our-own-finetune
    +   repo: deepseek-ai/DeepSeek-V3
      hardware:
    -   gpu: H100
    +   gpu: H200
    -   count: 4
    +   count: 8

Source: ``deployer/facts/models/``: what ships with deployer is known by repository; `deployer lock`
reads any other from the hub.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.behaviour.unknown import NoEstimate
from deployer.check.memory import estimate
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

LOCK = "`deployer lock` asks the hub once what it is, for every verb, offline and in CI"


def find(case: Case) -> Iterator[Problem]:
    """Look whether there is an answer; the machine's own memory is the local target's matter."""
    profile = case.profile
    if profile.target != "modal" or profile.model.source != "huggingface":
        return
    found = estimate(case)
    if not isinstance(found, NoEstimate):
        return
    unknown = case.checkpoints.model is None
    yield Problem(
        ("model", "repo") if unknown else ("hardware", "gpu"),
        f"whether it fits was not looked at: {found.reason}",
        LOCK if unknown else "watch the first start: the engine says itself what is left",
    )


RULE = Rule(
    "memory-not-looked-at",
    Severity.NOTE,
    find,
    link="https://huggingface.co/docs/hub/models-the-hub",
)
