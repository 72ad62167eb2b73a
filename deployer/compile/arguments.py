"""From fields to flags: one walk over the sections, no list of flags anywhere else."""

from __future__ import annotations

from deployer.profile.fields import flagged_fields
from deployer.profile.flag import Flag, release_key
from deployer.profile.model import Profile
from deployer.release import Argument


def arguments(profile: Profile, derived: dict[str, tuple[object, str]]) -> tuple[Argument, ...]:
    """Compile a profile's fields, then ``engine.args``, to the engine's argument list.

    ``derived`` maps the path of a field that the author left out (``parallel.tp``) to the value
    that follows from others and the key that it follows from.
    """
    placed: list[tuple[int, Argument]] = []
    for section, name, flag in flagged_fields():
        path, stated = f"{section}.{name}", getattr(getattr(profile, section), name, None)
        value, source = (stated, path) if stated is not None else derived.get(path, (None, path))
        argument = argument_for(flag, value, source, profile.engine.version)
        if argument is not None:
            placed.append((flag.order, argument))
    placed.sort(key=lambda item: item[0])
    extra = (extra_argument(name, value) for name, value in profile.engine.args.items())
    return (*(argument for _, argument in placed), *extra)


def argument_for(flag: Flag, value: object, source: str, version: str) -> Argument | None:
    """Spell one field for an engine release; None where the value says nothing."""
    spelling = flag.spelling(version)
    if value is None:
        return None
    if isinstance(value, bool):
        if value is not flag.inverted:
            switch = (spelling.switch_value,) if spelling.switch_value else ()
            return Argument(flag=spelling.flag, values=switch, source=source)
        return Argument(flag=flag.off, values=(), source=source) if flag.off else None
    text = word(value)
    return Argument(flag=spelling.flag, values=(_renamed(flag, text, version),), source=source)


def extra_argument(name: str, value: object) -> Argument:
    """Compile one entry of ``engine.args``."""
    if value is True:
        values: tuple[str, ...] = ()
    elif isinstance(value, list):
        values = tuple(word(item) for item in value)
    else:
        values = (word(value),)
    return Argument(flag=f"--{name}", values=values, source=f"engine.args.{name}")


def word(value: object) -> str:
    """Write a scalar as a command line has it: 1200.0 is ``1200``, 0.88 is ``0.88``."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _renamed(flag: Flag, text: str, version: str) -> str:
    """Map a value's name to the one of this release, whichever of both the author wrote."""
    for rename in flag.renames:
        newer = release_key(version) >= release_key(rename.since)
        for old, new in rename.values:
            if text in {old, new}:
                return new if newer else old
    return text
