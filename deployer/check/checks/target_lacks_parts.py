"""The target cannot run what the profile asks for.

Why it hurts: it would fail while deploying, or start something else than was meant.

Instead of::

    target: modal
    hardware:
      gpu: none
      count: 0

Write::

    target: modal
    hardware:
      gpu: B200
      count: 8

Source: the targets in ``deployer/apply``. https://modal.com/docs/guide/gpu
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.finding import Severity
from deployer.profile.model import Profile


def find(profile: Profile) -> Iterator[Problem]:
    """Ask each target for the parts that it needs."""
    if (profile.hardware.gpu == "none") != (profile.hardware.count == 0):
        yield Problem(
            ("hardware", "count"),
            f"{profile.hardware.count} GPUs of type `{profile.hardware.gpu}` contradict each other",
            "a CPU is `gpu: none` with `count: 0`; a GPU type needs at least one",
        )
    yield from _modal(profile) if profile.target == "modal" else _local(profile)


def _modal(profile: Profile) -> Iterator[Problem]:
    if profile.modal is None:
        yield Problem(("target",), "`target: modal` needs a section `modal`", "add it")
    if profile.engine.image is None:
        yield Problem(
            ("engine",), "on Modal the engine runs in an image", "set `engine.image`, with its tag"
        )
    if profile.hardware.gpu == "none":
        yield Problem(
            ("hardware", "gpu"), "serving on Modal without a GPU is not supported", "choose a GPU"
        )
    if profile.model.source == "builtin":
        yield Problem(
            ("model", "source"),
            "the builtin model is made on this machine and exists nowhere else",
            "write `target: local`, or name a repository of the hub",
        )


def _local(profile: Profile) -> Iterator[Problem]:
    if profile.modal is not None:
        yield Problem(
            ("modal",),
            "`target: local` uses no Modal app",
            "take the section out, or change target",
        )
    if profile.model.source != "builtin" and profile.model.path is None:
        yield Problem(
            ("model",),
            "a local target does not download weights",
            "set `model.path` to the folder that holds them, or `model.source: builtin`",
        )


RULE = Rule("target-lacks-parts", Severity.ERROR, find, firm=True)
