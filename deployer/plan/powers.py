"""What a change, or a whole release, lets run or reach beside serving the model."""

from __future__ import annotations

from deployer.facts.sglang.catalogue import Catalogue, find
from deployer.facts.sglang.history import lifetimes, variable_lifetimes
from deployer.facts.sglang.powers import Held, Power, of_option, of_variable
from deployer.plan.changes import Change, everything
from deployer.release import Release

TOLD_ELSEWHERE = frozenset({"--host"})
"""Options that every release has, and whose change says it all."""

_URGENT = {Power.CODE: 0, Power.LOADER: 0, Power.UNKNOWN: 2}


def of_change(change: Change, *catalogues: Catalogue | None) -> tuple[Held, ...]:
    """Give the powers of a flag or a variable that changes, as the releases know it."""
    known = [catalogue for catalogue in catalogues if catalogue is not None]
    if change.what.startswith("--"):
        found = (
            of_option(
                flag,
                change.new or change.old,
                known=bool(lifetimes(flag)) or any(c.find(flag) for c in known),
            )
            for flag in change.what.split()
        )
        return tuple(one for one in found if one is not None)
    declared = any(change.what in catalogue.variables for catalogue in known)
    held = of_variable(change.what, known=declared or bool(variable_lifetimes(change.what)))
    return (held,) if held is not None else ()


def urgency(held: tuple[Held, ...]) -> int:
    """Give the place among what concerns security: what runs code first, the unknown last."""
    return min((_URGENT.get(one.power, 1) for one in held), default=1)


def powers(release: Release) -> tuple[tuple[Change, str, int], ...]:
    """Give all of a release that has such a power, the gravest first, with reason and urgency."""
    catalogue = find(release.engine.version)
    names = {variable.name for one in release.each_shape() for variable in one.environment}
    found = []
    for change in everything(release):
        if change.what in TOLD_ELSEWHERE:
            continue
        if change.what.startswith("--") or change.what in names:
            held = of_change(change, catalogue)
            found += [(change, one.reason, urgency(held)) for one in held[:1]]
    return tuple(sorted(found, key=lambda one: one[2]))
