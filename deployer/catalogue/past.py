"""What releases before the first catalogue knew and that one does not: names and lifetimes alone.

For messages about commands of old tutorials and scripts. Nobody deploys these releases here, so no
catalogue of them is shipped: their wheels are read, and what went away before the first catalogue
is kept in ``past.json``: each spelling, and each choice of an option that is still there, with the
first release that had it and the first without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from deployer.catalogue.execute import Interpreter
from deployer.catalogue.generate import options
from deployer.catalogue.link import lifetimes, offered
from deployer.catalogue.source import Library
from deployer.catalogue.values import CannotEvaluateError
from deployer.catalogue.variables import variables
from deployer.catalogue.wheel import Wheel
from deployer.facts.sglang.versions import release_key

FORMAT_VERSION = 1


def read(path: Path) -> dict[str, Any]:
    """Give a wheel's release, options and variables; of a release without ``Envs`` no variables.

    ``srt/environ.py`` declares variables from 0.5.3 on. Raises CannotEvaluateError where the
    options cannot be read.
    """
    wheel = Wheel(path)
    library = Library(wheel)
    try:
        declared, _ = variables(library)
    except CannotEvaluateError:
        declared = {}
    return {
        "version": wheel.version,
        "options": options(Interpreter(library), {}),
        "variables": declared,
    }


def past(read_ones: Iterable[Mapping[str, Any]], first: Mapping[str, Any]) -> dict[str, Any]:
    """Give what went away before ``first``, the oldest catalogue, from what came before it."""
    by_release = {it["version"]: it for it in (*read_ones, first)}
    releases = sorted(by_release, key=release_key)
    strings = {
        it: frozenset(s for one in by_release[it]["options"] for s in one["strings"])
        for it in releases
    }
    values = {it: _pairs(by_release[it]["options"]) for it in releases}
    declared = {it: frozenset(by_release[it]["variables"]) for it in releases}
    now = dict(offered(first["options"]))
    checked = frozenset(name for name, _ in values[releases[-1]]) & frozenset(now)
    return {
        "format_version": FORMAT_VERSION,
        "releases": releases,
        "strings": _gone(releases, strings),
        "choices": _by_option(_gone(releases, values, only=checked)),
        "variables": _gone(releases, declared),
    }


def _pairs(entries: Iterable[Mapping[str, Any]]) -> frozenset[tuple[str, str]]:
    """Give every choice beside its option's first spelling and each of the others."""
    return frozenset((name, value) for name, found in offered(entries) for value in found)


def _gone(
    releases: list[str], sets: Mapping[str, frozenset[Any]], only: frozenset[str] | None = None
) -> dict[Any, list[tuple[str, str]]]:
    """Give the lifetimes of what the last release does not have; of choices, of its options."""
    everything = frozenset[Any]().union(*sets.values()) - sets[releases[-1]]
    return {
        it: lifetimes(releases, [one for one in releases if it in sets[one]])
        for it in sorted(everything)
        if only is None or it[0] in only
    }


def _by_option(
    found: Mapping[tuple[str, str], list[tuple[str, str]]],
) -> dict[str, dict[str, list[tuple[str, str]]]]:
    sorted_out: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for (name, value), lives in found.items():
        sorted_out.setdefault(name, {})[value] = lives
    return sorted_out
