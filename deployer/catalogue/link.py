"""What only shows when the catalogues lie side by side: categories, lifetimes, the history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from deployer.catalogue.categories import VANISHED
from deployer.facts.sglang.versions import release_key


def link(catalogues: dict[str, dict[str, Any]], *, strict: bool = True) -> dict[str, Any]:
    """Fill in category, since and removed_in of every option in place; give the history.

    An option that no release files in a namespace is a LookupError, for a maintainer to file; where
    not ``strict`` it keeps none.
    """
    releases = sorted(catalogues, key=release_key)
    _categorize([catalogues[release] for release in releases], strict=strict)
    strings = {it: _strings(catalogues[it]) for it in releases}
    for index, release in enumerate(releases):
        for entry in catalogues[release]["options"]:
            name = entry["strings"][0]
            runs = lifetimes(releases, [it for it in releases if name in strings[it]])
            born, gone = next(run for run in runs if _within(run, index, releases))
            entry["since"], entry["removed_in"] = born, gone
    return _history(releases, catalogues, strings)


def lifetimes(releases: Sequence[str], having: Collection[str]) -> list[tuple[str, str]]:
    """Give each run of the releases having something: the first with it, the first without it.

    The second is empty where the newest release still has it.
    """
    runs: list[tuple[str, str]] = []
    born = ""
    for release in releases:
        if release in having:
            born = born or release
        elif born:
            runs.append((born, release))
            born = ""
    return [*runs, (born, "")] if born else runs


def _within(run: tuple[str, str], index: int, releases: Sequence[str]) -> bool:
    born, gone = run
    end = releases.index(gone) if gone else len(releases)
    return releases.index(born) <= index < end


def _strings(catalogue: dict[str, Any]) -> frozenset[str]:
    return frozenset(it for entry in catalogue["options"] for it in entry["strings"])


def _categorize(newest_last: list[dict[str, Any]], *, strict: bool) -> None:
    """Give each option the namespace of the newest release that files a spelling, or its field."""
    by_string: dict[str, str] = {}
    by_dest: dict[str, str] = {}
    for entry in (it for one in reversed(newest_last) for it in one["options"] if it["category"]):
        by_dest.setdefault(entry["dest"], entry["category"])
        by_string |= {it: by_string.get(it, entry["category"]) for it in entry["strings"]}
    for entry in (it for one in newest_last for it in one["options"]):
        known = [by_string[it] for it in entry["strings"] if it in by_string]
        category = known[0] if known else by_dest.get(entry["dest"])
        entry["category"] = category or VANISHED.get(entry["strings"][0], "")
        if strict and not entry["category"]:
            msg = f"{entry['strings'][0]} needs a line in deployer/catalogue/categories.py"
            raise LookupError(msg)


def _history(
    releases: list[str], catalogues: dict[str, dict[str, Any]], strings: dict[str, frozenset[str]]
) -> dict[str, Any]:
    variables = {it: frozenset(catalogues[it]["variables"]) for it in releases}
    changed, constant = _choices(releases, catalogues, strings)
    return {
        "format_version": 1,
        "releases": releases,
        "strings": _all(releases, strings),
        "choices": changed,
        "constant_choices": constant,
        "variables": _all(releases, variables),
    }


def _all(releases: list[str], sets: dict[str, frozenset[str]]) -> dict[str, Any]:
    everything = sorted(frozenset[str]().union(*sets.values()))
    return {
        name: lifetimes(releases, [it for it in releases if name in sets[it]])
        for name in everything
    }


def _choices(
    releases: list[str], catalogues: dict[str, dict[str, Any]], strings: dict[str, frozenset[str]]
) -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    """The choices that came or went while their option was there, and those that stayed with it.

    Where a release checks no choices, every value counts as one.
    """
    taking = {it: dict(offered(catalogues[it]["options"])) for it in releases}
    changed: dict[str, dict[str, Any]] = {}
    constant: dict[str, list[str]] = {}
    for name in sorted({name for found in taking.values() for name in found}):
        here = [it for it in releases if name in strings[it]]
        values = {value for found in taking.values() for value in found.get(name, ())}
        for value in sorted(values):
            taken = [it for it in here if value in taking[it].get(name, values)]
            if taken == here:
                constant.setdefault(name, []).append(value)
            else:
                changed.setdefault(name, {})[value] = lifetimes(releases, taken)
    return changed, constant


def offered(options: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, frozenset[str]]]:
    """Give the choices of every spelling whose option checks any."""
    for entry in options:
        if entry["choices"] is not None:
            values = frozenset(str(it) for it in entry["choices"])
            yield from ((string, values) for string in entry["strings"])
