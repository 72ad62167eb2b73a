"""What a profile says that runs code, reaches outside, or is known to nobody here."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.flags import key_path
from deployer.check.rule import Problem
from deployer.compile.case import Case
from deployer.facts.sglang.catalogue import find as find_catalogue
from deployer.facts.sglang.history import variable_lifetimes
from deployer.facts.sglang.powers import Held, Power, of_option, of_variable

TOLD_ELSEWHERE = frozenset({"--host"})
"""Options whose power has checks of its own."""

Keyed = tuple[tuple[str | int, ...], str, Held]


def held(case: Case, *powers: Power) -> Iterator[Keyed]:
    """Give the key, the name and the power of all that a profile states with these powers."""
    return (each for each in case.once(_all_held) if each[2].power in powers)


def _all_held(case: Case) -> tuple[Keyed, ...]:
    return tuple(_each_held(case))


def _each_held(case: Case) -> Iterator[Keyed]:
    catalogue = find_catalogue(case.profile.engine.version)
    for argument in case.release.arguments:
        if argument.flag not in TOLD_ELSEWHERE:
            # What no release knows is an error of its own.
            found = of_option(argument.flag, " ".join(argument.values), known=True)
            if found is not None:
                yield key_path(argument.source), argument.flag, found
    for name in case.profile.engine.env:
        declared = catalogue is not None and name in catalogue.variables
        found = of_variable(name, known=declared or bool(variable_lifetimes(name)))
        if found is not None:
            yield ("engine", "env", name), name, found


def problems(case: Case, hint: str, *powers: Power) -> Iterator[Problem]:
    """Give a problem for each of them."""
    for path, name, found in held(case, *powers):
        yield Problem(path, f"`{name}`: {found.reason}", hint)
