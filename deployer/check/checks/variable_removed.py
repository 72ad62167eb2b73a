"""An environment variable that the pinned release does not read any more.

Why it hurts: nothing refuses it, so the profile states what does not hold.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
    -   env:
    -     SGLANG_ENABLE_SPEC_V2: "1"

Source: the variables that each release declares in ``srt/environ.py``, in
``deployer/facts/sglang/``.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/environ.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer import slip
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.catalogue import Catalogue
from deployer.facts.sglang.catalogue import find as find_catalogue
from deployer.facts.sglang.history import variable_lifetimes
from deployer.facts.sglang.replacements_variables import spell_variable, variable_gone
from deployer.facts.sglang.versions import release_key
from deployer.finding import Severity

PREFIX = "SGLANG_"


def find(case: Case) -> Iterator[Problem]:
    """Look at the engine's variables; one that is only newer may be read undeclared before."""
    catalogue = find_catalogue(case.profile.engine.version)
    if catalogue is None:
        return
    for name, value in case.profile.engine.env.items():
        if not name.startswith(PREFIX) or name in catalogue.variables:
            continue
        story = _story(catalogue, name, value)
        if story is not None:
            yield Problem(("engine", "env", name), *story)


def _story(catalogue: Catalogue, name: str, value: str) -> tuple[str, str] | None:
    """Give message and hint for a variable that went, or that is a slip of the pen."""
    known = variable_lifetimes(name)
    gone = [end for _, end in known if end and release_key(end) <= release_key(catalogue.version)]
    if gone:
        message = f"SGLang reads `{name}` no more since {gone[-1]}, and this is {catalogue.version}"
        return message, _instead(catalogue, name, value)
    near = "" if known else slip.meant(name, catalogue.variables)
    if near:
        return f"SGLang {catalogue.version} declares no `{name}`", f"did you mean `{near}`?"
    return None


def _instead(catalogue: Catalogue, name: str, value: str) -> str:
    """Say what the release reads instead, or does by itself; else that the line does nothing."""
    if (newer := spell_variable(catalogue, name)) is not None:
        return f"write `{newer}`"
    lost = variable_gone(name, value)
    if lost is None:
        return "take it out: nothing reads it"
    if lost.instead:
        return f"the nearest is `{lost.instead}`: {lost.why}"
    return f"take it out: {lost.why}"


RULE = Rule("variable-removed", Severity.WARNING, find)
