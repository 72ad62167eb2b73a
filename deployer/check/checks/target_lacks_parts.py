"""The target cannot run what the profile asks for.

Why it hurts: it would fail while deploying, or start something else than was meant.

Instead of ``-`` write ``+``::

      target: modal
      hardware:
    -   gpu: none
    +   gpu: B200
    -   count: 0
    +   count: 8

Source: the targets in ``deployer/apply``. https://modal.com/docs/guide/gpu
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule, each_judged
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.profile.partial import known


def find(case: Case) -> Iterator[Problem]:
    """Ask each target for the parts that it needs."""
    ask = (_app, _image, _gpu, _download) if case.profile.target == "modal" else (_no_app, _weights)
    yield from each_judged(case, _count, *ask)


def _count(case: Case) -> Iterator[Problem]:
    if (case.profile.hardware.gpu == "none") != (case.profile.hardware.count == 0):
        yield Problem(
            ("hardware", "count"),
            f"{case.profile.hardware.count} GPUs of type `{case.profile.hardware.gpu}` contradict "
            "each other",
            "a CPU is `gpu: none` with `count: 0`; a GPU type needs at least one",
        )


def _app(case: Case) -> Iterator[Problem]:
    if case.profile.modal is None:
        key = ", and `api_key_secret` for the key" if case.profile.serving.api_key_env else ""
        yield Problem(
            ("target",),
            "`target: modal` (the default) needs a section `modal`",
            "add `modal:` with `app`, and `weights` and `kernel_cache`, each with `volume` and "
            f"`path`{key}; or write `target: local` for this machine",
        )


def _image(case: Case) -> Iterator[Problem]:
    if case.profile.engine.image is None:
        version = known(lambda: case.profile.engine.version) or "VERSION"
        yield Problem(
            ("engine",),
            "on Modal the engine runs in an image",
            f"set `engine.image`, with its tag: `lmsysorg/sglang:v{version}-cu130`",
        )


def _gpu(case: Case) -> Iterator[Problem]:
    if case.profile.hardware.gpu == "none":
        yield Problem(
            ("hardware", "gpu"), "serving on Modal without a GPU is not supported", "choose a GPU"
        )


def _download(case: Case) -> Iterator[Problem]:
    if case.profile.model.source == "builtin":
        yield Problem(
            ("model", "source"),
            "the builtin model is made on this machine and exists nowhere else",
            "write `target: local`, or name a repository of the hub",
        )


def _no_app(case: Case) -> Iterator[Problem]:
    if case.profile.modal is not None:
        yield Problem(
            ("modal",),
            "`target: local` uses no Modal app",
            "take the section out, or change target",
        )


def _weights(case: Case) -> Iterator[Problem]:
    if case.profile.model.source != "builtin" and case.profile.model.path is None:
        yield Problem(
            ("model",),
            "a local target does not download weights",
            "set `model.path` to the folder that holds them, or write `source: builtin` and "
            "`repo: tiny`",
        )


RULE = Rule("target-lacks-parts", Severity.ERROR, find, firm=True)
