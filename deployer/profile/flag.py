"""How a field says which engine flag it is: one declaration, next to the field's type."""

from __future__ import annotations

from dataclasses import dataclass

UNSTATED = 10_000
"""The place of flags that name none: after those that do, in the order of the sections."""


@dataclass(frozen=True, slots=True)
class Flag:
    """The concept of the engine that a field states.

    ``name`` is the flag that says it in the newest release or, where a switch became a value, in
    the last one that had the switch: never an alias, never an abbreviation. How the pinned release
    spells it is known to :mod:`deployer.facts.sglang.replacements` and to nobody else.
    ``order`` is the place in the argument list, in bands: 0 the model and where it listens, 100
    parallelism, 200 kernels, 300 speculation, 400 parsers, 500 memory and scheduling, 600
    observability. ``off`` is the flag that says no; without it ``false`` says nothing. ``inverted``
    marks a switch whose presence means false. ``door`` marks what the door does in the engine's
    place: the flag is read as this field and never compiled.
    """

    name: str
    order: int = UNSTATED
    off: str = ""
    inverted: bool = False
    door: bool = False
