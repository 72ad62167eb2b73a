"""From fields to flags: one walk over the sections, no list of flags anywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from deployer.profile.flag import Flag, release_key
from deployer.profile.model import Profile
from deployer.release import Argument


def arguments(profile: Profile, derived: dict[str, tuple[object, str]]) -> tuple[Argument, ...]:
    """Compile a profile's fields, then ``engine.args``, to the engine's argument list.

    ``derived`` maps the path of a field that the author left out (``parallel.tp``) to the value
    that follows from others and the key that it follows from.
    """
    placed: list[tuple[int, Argument]] = []
    for path, flag, stated in flagged_fields(profile):
        value, source = (stated, path) if stated is not None else derived.get(path, (None, path))
        argument = argument_for(flag, value, source, profile.engine.version)
        if argument is not None:
            placed.append((flag.order, argument))
    placed.sort(key=lambda item: item[0])
    extra = (extra_argument(name, value) for name, value in profile.engine.args.items())
    return (*(argument for _, argument in placed), *extra)


def flagged_fields(profile: Profile) -> Iterator[tuple[str, Flag, object]]:
    """Give every field that carries a flag: its path, the flag, and what the author stated."""
    for section_name, kind in section_types():
        section = getattr(profile, section_name)
        if section is not None:
            for name, flag in flags_of(kind):
                yield f"{section_name}.{name}", flag, getattr(section, name)


def section_types() -> Iterator[tuple[str, type[BaseModel]]]:
    """Give the sections of a profile, each with its model, in the order of the file."""
    for name, field in Profile.model_fields.items():
        kinds = (field.annotation, *get_args(field.annotation))
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield name, kind


def flags_of(kind: type[BaseModel]) -> Iterator[tuple[str, Flag]]:
    """Give the fields of one section that carry a flag."""
    for name, field in kind.model_fields.items():
        for flag in (item for item in field.metadata if isinstance(item, Flag)):
            yield name, flag


def all_flagged_fields() -> Iterator[tuple[str, Flag]]:
    """Give the path and flag of every field that carries one, stated or not."""
    for section_name, kind in section_types():
        for name, flag in flags_of(kind):
            yield f"{section_name}.{name}", flag


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
