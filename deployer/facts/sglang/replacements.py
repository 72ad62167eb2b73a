"""How each release of SGLang says what another release spells differently.

    spell(load("0.5.23"), "--nsa-decode-backend", ("trtllm",))
    -> (("--dsa-decode-backend", ("trtllm",)),)

:func:`spell` translates only what means the same, in both directions; :func:`replacement` says in
words what to write instead, also where the nearest thing means something else. The data are in
:mod:`deployer.facts.sglang.replacements_table` and ``replacements_gone``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from deployer.facts.sglang import replacements_gone, replacements_past
from deployer.facts.sglang.catalogue import Catalogue, load
from deployer.facts.sglang.replacements_gone import Gone
from deployer.facts.sglang.replacements_row import ONE, Form, Replacement, Values
from deployer.facts.sglang.replacements_table import ALIASES, REPLACEMENTS
from deployer.facts.sglang.versions import release_key

Words: TypeAlias = tuple[str, Values]
"""A flag and its values: none for a switch."""

Key: TypeAlias = tuple[int, ...]

Beside: TypeAlias = Mapping[str, Values]
"""The other flags of the same command line, by their names of any release."""

ALONE: Beside = MappingProxyType({})

ANY: Values = ("VALUE",)
"""Stands in a message for whatever values an author may have written; no choice forbids it."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to write instead of a flag, for a message.

    ``write`` is the words that a command line would have (``--dsa-decode-backend trtllm``), empty
    where nothing takes its place. ``same`` says whether they mean the same. ``since`` is the
    release from which the newer of both spellings holds.
    """

    write: str
    since: str
    same: bool
    why: str = ""


class Named(dict[str, Values]):
    """What stands beside a flag, by canonical names of one release (:func:`named`)."""


def spell(
    catalogue: Catalogue, flag: str, values: Values = (), beside: Beside = ALONE
) -> tuple[Words, ...] | None:
    """Say in this release's own words what a flag of any release says with these values.

    The answer has canonical names only, and the newest of the release's spellings that mean the
    same. It is empty where another flag of ``beside`` says it too (``--enable-dp-attention`` beside
    ``--dp-size``, which is ``--attn-dp-size`` then), and None where the release cannot say it.
    Whether the values themselves are right is not looked at, beyond renamed choices.
    """
    return _spell(catalogue, flag, values, named(catalogue, beside), frozenset())


def named(catalogue: Catalogue, beside: Beside) -> Beside:
    """Give what stands beside a flag by its canonical names."""
    if beside is ALONE or isinstance(beside, Named):
        return beside
    return Named({canonical(catalogue, other): given for other, given in beside.items()})


def names(catalogue: Catalogue, flag: str) -> tuple[str, ...]:
    """Give the options of this release that say as a whole what a flag of any release says.

    They are canonical spellings of the catalogue; those that say a part of it, or more, are not
    among them: ``--flashinfer-allreduce-fusion-backend`` says more than that there is fusion.
    """
    known: dict[str, None] = {}
    waiting = [flag]
    while waiting:
        name = waiting.pop(0)
        if name in known:
            continue
        known[name] = None
        waiting += [f.flag for r in _BY_OLD.get(name, ()) for f in r.new if f.values is None]
        waiting += [r.old.flag for r in _BY_NEW.get(name, ()) if r.new[0].values is None]
    found = (catalogue.find(name) for name in known)
    return tuple(dict.fromkeys(option.name for option in found if option is not None))


def replacement(
    flag: str, version: str, values: Values | None = None, beside: Beside = ALONE
) -> Advice | None:
    """Say what to write on release ``version`` instead of a flag that it does not (rightly) know.

    Without ``values`` the flag itself is asked about, with them that flag with these values.
    ``beside`` is the rest of the command line, whose values some replacements take. None where
    nothing is known of it. Raises UnknownReleaseError for a release without a catalogue.
    """
    catalogue = load(version)
    for row in _rows_about(flag, values):
        if (said := _said(catalogue, row, flag, values, beside)) is not None:
            return said
    found = gone(flag, values)
    return Advice(found.instead, found.since, same=False, why=found.why) if found else None


def gone(flag: str, values: Values | None = None) -> Gone | None:
    """Say what became of an option, or of one of its values, that has no equal any more."""
    for entry in (*replacements_gone.OPTIONS, *replacements_past.OPTIONS):
        if entry.name == flag:
            return entry
    for entry in (*replacements_gone.VALUES, *replacements_past.VALUES):
        if entry.name == flag and entry.value in (values or ()):
            return entry
    return None


def _spell(
    catalogue: Catalogue, flag: str, values: Values, beside: Beside, seen: frozenset[Words]
) -> tuple[Words, ...] | None:
    flag = canonical(catalogue, flag)
    if (flag, values) in seen:
        return None
    seen |= {(flag, values)}
    release = release_key(catalogue.version)
    for forms in (*_newer(release, flag, values, beside), *_older(release, flag, values)):
        if (said := _all(catalogue, forms, beside, seen)) is not None:
            return said
    return ((flag, values),) if accepts(catalogue, flag, values) else None


def accepts(catalogue: Catalogue, flag: str, values: Values) -> bool:
    """Whether the release knows the flag by exactly this name, and its choices hold the values."""
    option = catalogue.find(flag)
    if option is None:
        return False
    if option.choices is None or values == ANY:
        return True
    return set(values) <= {str(choice) for choice in option.choices}


def _all(
    catalogue: Catalogue, forms: tuple[Words, ...], beside: Beside, seen: frozenset[Words]
) -> tuple[Words, ...] | None:
    """Spell each form; None where one of them cannot be said."""
    said: list[Words] = []
    for flag, values in forms:
        part = _spell(catalogue, flag, values, beside, seen)
        if part is None:
            return None
        said += part
    return tuple(said)


def canonical(catalogue: Catalogue, flag: str) -> str:
    """Give the name of an alias (``--model`` is ``--model-path``), and any other as it is.

    Where the release has another first spelling than the newer ones, the newer name is given: it
    holds for all of them, so that an upgrade changes no flag for nothing.
    """
    if (option := catalogue.find(flag)) is None or flag.startswith("--no-"):
        return _SWAPPED.get(flag, flag)
    return _SWAPPED.get(option.name, option.name)


def _newer(release: Key, flag: str, values: Values, beside: Beside) -> Iterator[tuple[Words, ...]]:
    """Give the newer ways to say one flag, as of this release."""
    for row in _BY_OLD.get(flag, ()):
        if release >= release_key(row.since) and row.old.values in (None, values):
            yield () if row.joins in beside else _forms(row, values, beside)
    for row in _BY_JOINED.get(flag, ()):
        if release >= release_key(row.since) and row.old.flag in beside:
            yield _forms(row, values, beside)


def _forms(row: Replacement, values: Values, beside: Beside) -> tuple[Words, ...]:
    names = dict(row.values)
    given = tuple(names.get(value, value) for value in values)
    if row.joins and not given:
        given = ("1",)  # without the flag that it becomes one with, as that flag's default
    return tuple(
        (form.flag, _values_of(form, given, beside) if form.values is None else form.values)
        for form in row.new
        if not any(other in beside for other in form.unless)
    )


def _values_of(form: Form, given: Values, beside: Beside) -> Values:
    if not form.values_of:
        return given
    return ANY if beside is ALONE else beside.get(form.values_of, ONE)


def _older(release: Key, flag: str, values: Values) -> Iterator[tuple[Words, ...]]:
    """Give the ways to say one flag to a release that is older than it."""
    for row in _BY_NEW.get(flag, ()):
        if release >= release_key(row.since) or row.new[0].values not in (None, values):
            continue
        names = {new: old for old, new in row.values}
        given = tuple(names.get(value, value) for value in values)
        old = (row.old.flag, given if row.old.values is None else row.old.values)
        yield ((row.joins, given), old) if row.joins else (old,)


def _rows_about(flag: str, values: Values | None) -> Iterator[Replacement]:
    """Give the rows that say a flag otherwise: first as the older spelling, then as the newer."""
    for row in _BY_OLD.get(flag, ()):
        if row.old.values in (None, (), values):
            yield row
    for row in _BY_NEW.get(flag, ()):
        if row.new[0].values in (None, values):
            yield row


def _said(
    catalogue: Catalogue, row: Replacement, flag: str, values: Values | None, beside: Beside
) -> Advice | None:
    if values is None:
        switch = row.old.flag == flag and row.old.values == ()
        values = () if switch else ANY
    joins = row.joins if row.old.flag == flag else ""
    said = (
        spell(catalogue, joins, ANY, {flag: ()})
        if joins
        else spell(catalogue, flag, values, beside)
    )
    if not said or said == ((flag, values),):
        return None
    words = (word for name, given in said for word in (name, *_fitting(catalogue, name, given)))
    return Advice(" ".join(words), row.since, same=True)


def _fitting(catalogue: Catalogue, flag: str, values: Values) -> Values:
    """Leave out the value that stands for any where the flag is a switch."""
    option = catalogue.find(flag)
    return () if values == ANY and option is not None and option.nargs == 0 else values


def _index(pairs: Iterable[tuple[str, Replacement]]) -> dict[str, tuple[Replacement, ...]]:
    found: dict[str, tuple[Replacement, ...]] = {}
    for flag, row in pairs:
        found[flag] = (*found.get(flag, ()), row)
    return found


_BY_OLD = _index((row.old.flag, row) for row in REPLACEMENTS)
_BY_NEW = _index(
    (row.new[0].flag, row) for row in REPLACEMENTS if row.both_ways and len(row.new) == 1
)
_BY_JOINED = _index((row.joins, row) for row in REPLACEMENTS if row.joins)
_SWAPPED = {row.old.flag: row.new[0].flag for row in ALIASES}
