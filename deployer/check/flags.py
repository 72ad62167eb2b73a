"""What the pinned release makes of a profile's flags: its own verdict, at the YAML keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from deployer.check.rule import Problem
from deployer.check.wording import as_keys, field_of_option
from deployer.compile.case import Case
from deployer.facts.sglang.catalogue import Catalogue
from deployer.facts.sglang.catalogue import find as find_catalogue
from deployer.finding import Severity
from deployer.parse.parsed import Fault
from deployer.parse.read import parse
from deployer.parse.secrets import is_secret
from deployer.release import Argument

Placed = tuple[Argument, Fault]

ARGS = "engine.args."
"""How the key of a flag begins that stands in a profile as itself."""

ABBREVIATED = "abbreviated-flag"
"""A mistake of its own: it stands beside what says that the flag has a field."""


def faults_of(kind: str) -> Callable[[Case], Iterator[Problem]]:
    """Give a check's function: it finds the faults of one kind, each at the key behind the flag."""

    def find(case: Case) -> Iterator[Problem]:
        for argument, fault in case.once(_faults):
            twice = kind != ABBREVIATED and _repeats(case, argument)
            if fault.kind == kind and not twice:
                yield _problem(case.profile.engine.version, argument, fault)

    return find


def _problem(version: str, argument: Argument, fault: Fault) -> Problem:
    written = argument.source.startswith(ARGS)
    return Problem(
        key_path(argument.source),
        _told(argument, fault),
        as_keys(version, fault.hint) if written else fault.hint,
        hides_line=is_secret(argument.flag),
    )


def field_of(case: Case, name: str) -> str:
    """Give the typed field of a flag's name, alias or abbreviation; the empty text for none."""
    catalogue = find_catalogue(case.profile.engine.version)
    if catalogue is None:
        return ""
    near = catalogue.beginning_with(f"--{name}")
    option = catalogue.find(f"--{name}") or (catalogue.find(near[0]) if len(near) == 1 else None)
    return field_of_option(catalogue.version, option.name) if option else ""


def _repeats(case: Case, argument: Argument) -> bool:
    """Whether `args-repeat-a-field` says already that this is no place for the flag."""
    name = argument.source.removeprefix(ARGS)
    return argument.source.startswith(ARGS) and bool(field_of(case, name))


def key_path(source: str) -> tuple[str | int, ...]:
    """Give the path of an argument's YAML key; a name under ``engine.args`` holds no dots."""
    return tuple(source.split("."))


def _told(argument: Argument, fault: Fault) -> str:
    """Say the flag where the reader sees only a key."""
    if argument.flag in fault.message or argument.source.startswith(ARGS):
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
        yield fault, _problem(catalogue.version, argument, fault)


def _strict(fault: Fault) -> Fault:
    """A profile is kept for years: what only works until the next release is an error in it."""
    if fault.kind != ABBREVIATED:
        return fault
    return replace(fault, severity=Severity.ERROR)
