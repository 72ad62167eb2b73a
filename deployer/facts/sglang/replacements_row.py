"""The form of a row that says what is written instead of what, and short ways to make one."""

from __future__ import annotations

from dataclasses import dataclass

Values = tuple[str, ...]

ONE: Values = ("1",)
"""The default of every size that a form takes over from another flag."""


@dataclass(frozen=True, slots=True)
class Form:
    """A flag with its values, as a pattern or as what to write.

    ``values`` None stands for whatever values are given. A form is left out where a flag of
    ``unless`` is there as well. ``values_of`` is the flag of the same command line whose values it
    takes (:data:`ONE` without it).
    """

    flag: str
    values: Values | None = None
    unless: tuple[str, ...] = ()
    values_of: str = ""


@dataclass(frozen=True, slots=True)
class Replacement:
    """From release ``since``, ``old`` is written ``new``; the meaning is the same.

    ``values`` are values with new names, old to new. ``joins`` is the flag of the same command
    line that ``old`` becomes one with: ``new`` has its values (or is ``1`` without it).
    ``both_ways``: an older release can be told ``new`` by writing ``old``; false where several
    became one.
    """

    old: Form
    new: tuple[Form, ...]
    since: str
    source: str
    values: tuple[tuple[str, str], ...] = ()
    joins: str = ""
    both_ways: bool = True


def renamed(old: str, new: str, since: str, source: str) -> Replacement:
    """One flag for one flag, with the same values."""
    return Replacement(Form(old), (Form(new),), since, source)


def switch(old: str, new: str, value: str, since: str, source: str) -> Replacement:
    """A switch became a value of another option."""
    return Replacement(Form(old, ()), (Form(new, (value,)),), since, source)


def renamed_value(flag: str, old: str, new: str, since: str, source: str) -> Replacement:
    """A value has a new name."""
    return Replacement(Form(flag, (old,)), (Form(flag, (new,)),), since, source)
