"""How a field says which engine flag it is: one declaration, next to the field's type."""

from __future__ import annotations

import re
from dataclasses import dataclass

UNSTATED = 10_000
"""The place of flags that name none: after those that do, in the order of the sections."""


@dataclass(frozen=True, slots=True)
class Rename:
    """From engine release ``since`` the flag is spelt ``flag``, with these values renamed.

    ``switch_value`` is the value that a former switch now takes.
    """

    since: str
    flag: str
    values: tuple[tuple[str, str], ...] = ()
    switch_value: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """The SGLang flag of a field.

    ``name`` is the canonical spelling of the oldest release that we compile for, never an
    abbreviation. ``order`` is the place in the argument list, in bands: 0 the model and where it
    listens, 100 parallelism, 200 kernels, 300 speculation, 400 parsers, 500 memory and
    scheduling, 600 observability. ``off`` is the flag that says no; without it ``false`` says
    nothing. ``inverted`` marks a switch whose presence means false.
    """

    name: str
    order: int = UNSTATED
    off: str = ""
    inverted: bool = False
    renames: tuple[Rename, ...] = ()

    def spelling(self, version: str) -> Rename:
        """Give the spelling that engine release ``version`` uses (``since`` '' for the first)."""
        found = Rename(since="", flag=self.name)
        for rename in self.renames:
            if release_key(version) >= release_key(rename.since):
                found = rename
        return found


def release_key(version: str) -> tuple[int, ...]:
    """Turn ``0.5.10.post1`` into a key that orders releases; raises ValueError otherwise."""
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:\.post(\d+))?", version)
    if match is None:
        msg = f"{version!r} is not an SGLang release such as 0.5.10.post1"
        raise ValueError(msg)
    return tuple(int(part or 0) for part in match.groups())
