"""What the pinned release makes of a profile's flags: its own verdict, at the YAML keys."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace

from deployer.check.rule import Problem
from deployer.compile.case import Case
from deployer.facts.sglang.catalogue import Catalogue, load
from deployer.facts.sglang.catalogue import find as find_catalogue
from deployer.facts.sglang.replacements import names
from deployer.finding import Severity
from deployer.parse.parsed import Fault
from deployer.parse.read import parse
from deployer.parse.secrets import is_secret
from deployer.profile.fields import flagged_fields
from deployer.release import Argument

Placed = tuple[Argument, Fault]

ABBREVIATED = "abbreviated-flag"
"""A mistake of its own: it stands beside what says that the flag has a field."""


def faults_of(kind: str) -> Callable[[Case], Iterator[Problem]]:
    """Give a check's function: it finds the faults of one kind, each at the key behind the flag."""

    def find(case: Case) -> Iterator[Problem]:
        for argument, fault in case.once(_faults):
            twice = kind != ABBREVIATED and _repeats(case, argument)
            if fault.kind == kind and not twice:
                yield _problem(argument, fault)

    return find


def _problem(argument: Argument, fault: Fault) -> Problem:
    return Problem(
        key_path(argument.source),
        _told(argument, fault),
        fault.hint,
        hides_line=is_secret(argument.flag),
    )


def field_of(case: Case, name: str) -> str:
    """Give the typed field of a flag's name, alias or abbreviation; the empty text for none."""
    catalogue = find_catalogue(case.profile.engine.version)
    if catalogue is None:
        return ""
    near = catalogue.beginning_with(f"--{name}")
    option = catalogue.find(f"--{name}") or (catalogue.find(near[0]) if len(near) == 1 else None)
    return option_fields(case.profile.engine.version).get(option.name, "") if option else ""


@functools.lru_cache(maxsize=32)
def option_fields(version: str) -> dict[str, str]:
    """Map the options of a release that a typed field says as a whole to the field's path."""
    catalogue = load(version)
    return {
        name: f"{section}.{field}"
        for section, field, flag in flagged_fields()
        for string in (flag.name, flag.off)
        if string
        for name in names(catalogue, string)
    }


def _repeats(case: Case, argument: Argument) -> bool:
    """Whether `args-repeat-a-field` says already that this is no place for the flag."""
    prefix = "engine.args."
    name = argument.source.removeprefix(prefix)
    return argument.source.startswith(prefix) and bool(field_of(case, name))


def key_path(source: str) -> tuple[str | int, ...]:
    """Give the path of an argument's YAML key; a name under ``engine.args`` holds no dots."""
    return tuple(source.split("."))


def _told(argument: Argument, fault: Fault) -> str:
    """Say the flag where the reader sees only a key."""
    if argument.flag in fault.message or argument.source.startswith("engine.args."):
        return fault.message
    return f"{fault.message} (the flag is `{argument.flag}`)"


def _faults(case: Case) -> tuple[Placed, ...]:
    """Read the compiled arguments; nothing where the release is unknown."""
    catalogue = find_catalogue(case.profile.engine.version)
    return () if catalogue is None else _read_by(catalogue, case)


def _read_by(catalogue: Catalogue, case: Case) -> tuple[Placed, ...]:
    """Let a release read the arguments that a profile compiles to for its own."""
    owners: list[Argument] = []
    words: list[str] = []
    for argument in case.arguments:
        owners += [argument] * len(argument.words())
        words += argument.words()
    found = parse(catalogue, words).faults
    return tuple((owners[fault.position], _strict(fault)) for fault in found if owners)


def on_another_release(catalogue: Catalogue, case: Case) -> Iterator[tuple[Fault, Problem]]:
    """Find what another release would say to the command that a profile is compiled to now."""
    for argument, fault in _read_by(catalogue, case):
        yield fault, _problem(argument, fault)


def _strict(fault: Fault) -> Fault:
    """A profile is kept for years: what only works until the next release is an error in it."""
    if fault.kind != ABBREVIATED:
        return fault
    return replace(fault, severity=Severity.ERROR)
