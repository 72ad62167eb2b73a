"""The local target runs the engine's build for CPUs, and that cannot start this profile.

Why it hurts: the engine would be installed, the server launched, and only its log would say that a
module or a GPU is missing (`No module named 'triton'`).

Instead of ``-`` write ``+``::

      target: local
      modal: null
      hardware:
    -   gpu: B200
    +   gpu: none
    -   count: 1
    +   count: 0
      engine:
        version: 0.5.23
      model:
        path: /models/b

Source: ``deployer/facts/cpu.py``: the releases that have a lock in ``deployer/engine/locks/``, and
what turns the platform plugin on. SGLang's own builds are for GPUs:
https://docs.sglang.io/get_started/install.html
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule, each_judged
from deployer.compile.case import Case
from deployer.facts.cpu import RELEASES, SWITCH
from deployer.finding import Severity

SHADOWED = {
    "PATH": "the engine's own `python3` is found by it",
    "PYTHONHOME": "the engine's own `python3` would look for its library there",
}
"""Variables with which another interpreter starts than the engine's."""


def find(case: Case) -> Iterator[Problem]:
    """Ask for what the engine's environment on this machine is made of."""
    if case.profile.target == "local":
        yield from each_judged(case, _gpu, _release, _variables)


def _gpu(case: Case) -> Iterator[Problem]:
    gpu = case.profile.hardware.gpu
    if gpu != "none":
        yield Problem(
            ("hardware", "gpu"),
            f"the local target runs the engine's build for CPUs, which has no use for a {gpu}",
            "write `gpu: none` and `count: 0`, or `target: modal`",
        )


def _release(case: Case) -> Iterator[Problem]:
    version, able = case.profile.engine.version, " and ".join(RELEASES)
    if version not in RELEASES:
        yield Problem(
            ("engine", "version"),
            f"SGLang {version} cannot be installed for a CPU here: only {able} can",
            f"write {RELEASES[-1]}, or `target: modal`",
        )


def _variables(case: Case) -> Iterator[Problem]:
    if case.profile.engine.env.get(SWITCH, "1") != "1":
        message = f"without `{SWITCH}=1` the engine looks for a GPU's modules, which are not here"
        yield Problem(("engine", "env", SWITCH), message, "take it out: it follows from the target")
    for name, why in SHADOWED.items():
        if name in case.profile.engine.env:
            message = f"`{name}` cannot be another one for the engine: {why}"
            yield Problem(("engine", "env", name), message, "take it out")


RULE = Rule("local-cannot-start", Severity.ERROR, find, firm=True)
