"""A flag names a repository, and the engine starts without the hub.

Why it hurts: what typed keys name is downloaded, and what `engine.args` names is not. The engine
runs with `HF_HUB_OFFLINE=1`, on Modal so that it never asks the hub at $50 an hour, and on your
machine as it does there. It ends when it looks for a tokenizer or a token map on the hub.

Instead of ``-`` write ``+``::

      model:
        repo: meta-llama/Llama-3.1-8B-Instruct
      engine:
        args:
    -     tokenizer-path: meta-llama/Llama-3.1-8B
    +     tokenizer-path: /model-cache/Llama-3.1-8B

Source: ``deployer/compile/derive.py``: HF_HUB_OFFLINE follows from the downloaded folder;
huggingface_hub: with it nothing is asked over the network.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

OTHERS = (
    "speculative-draft-model-path", "speculative-draft-model", "tokenizer-path", "lora-paths",
    "speculative-token-map",
)  # fmt: skip
"""Flags without a field that name a model, a tokenizer or an adapter."""

ONLINE = frozenset({"0", "false", "no", "off"})


def find(case: Case) -> Iterator[Problem]:
    """Look for repositories where only a folder can be read."""
    if case.profile.engine.env.get("HF_HUB_OFFLINE", "1").lower() in ONLINE:
        return
    where = "on a volume of the profile" if case.profile.target == "modal" else "into a folder"
    named = (
        (("engine", "args", name), str(word))
        for name in OTHERS
        for word in _words(case.profile.engine.args.get(name))
    )
    for path, value in named:
        if _on_the_hub(value):
            yield Problem(
                path,
                f"{value} is not downloaded, and the engine may not ask the hub (HF_HUB_OFFLINE)",
                f"put it {where}, and name its folder there",
            )


def _on_the_hub(value: str) -> bool:
    """Whether a repository is meant, and no absolute path."""
    return "/" in value and not value.rpartition("=")[2].startswith("/")


def _words(value: object) -> list[object]:
    if value is None or value is True:
        return []
    return value if isinstance(value, list) else [value]


RULE = Rule(
    "repository-while-offline",
    Severity.ERROR,
    find,
    link="https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables",
)
