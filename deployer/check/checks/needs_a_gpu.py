"""The local target runs the engine on a CPU, and there this did not start when it was tried.

Why it hurts: the engine is installed and launched, and a minute later it ends; only its log says
which kernel, module or device was missing. Each of these was started once, on one machine, with the
builtin model: where yours has more NUMA nodes, say, and you know better, allow it.

Instead of ``-`` write ``+``::

      target: local
      modal: null
      hardware:
        gpu: none
        count: 0
      engine:
        version: 0.5.23
      model:
        path: /models/b
      kernels:
    -   attention: triton
    +   attention: torch_native

Source: ``deployer/facts/cpu.py``: measured 2026-11-29 with the engine of the lock, one start each.
SGLang's own builds are for GPUs: https://docs.sglang.io/get_started/install.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from deployer.behaviour.stated import Setting
from deployer.check.rule import Problem, Rule, each_judged
from deployer.compile.case import Case
from deployer.facts.cpu import BINDING, ENDED, RELEASES, Ended, packages
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for what ended when it was started on a CPU."""
    if case.profile.target != "local" or case.profile.hardware.gpu != "none":
        return
    if case.profile.engine.version in RELEASES:
        yield from each_judged(case, *(partial(_asked, ended=one) for one in ENDED))


def _asked(case: Case, ended: Ended) -> Iterator[Problem]:
    said = case.said.option(ended.flag)
    if said is None or not _is_tried(said.value, ended.values):
        return
    elsewhere = (
        ended.package in packages(case.profile.engine.version),
        ended.unbound and BINDING in case.profile.engine.env,
        ended.alone and (case.said.number("--tp-size") or 1) > 1,
    )
    if not any(elsewhere):
        yield _problem(said, ended)


def _is_tried(value: str, values: tuple[str, ...]) -> bool:
    return value in values if values else value.isdecimal() and int(value) > 1


def _problem(said: Setting, ended: Ended) -> Problem:
    words = f"{ended.flag} {said.value}".strip()
    why = ended.why or f"it needs `{ended.package}`, which is not in the engine's environment"
    section = "the section `speculative`" if said.path[0] == "speculative" else "it"
    return Problem(
        said.path,
        f"`{words}` did not start on a CPU, on the one machine where it was tried: {why}",
        f"take {section} out, or write `target: modal` and a GPU",
    )


RULE = Rule("needs-a-gpu", Severity.ERROR, find)
