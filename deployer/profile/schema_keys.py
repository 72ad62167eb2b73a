"""What a model allows, for the sake of a hint: the keys of a section, and which one was meant."""

from __future__ import annotations

import difflib
import functools
import re
import typing
from dataclasses import dataclass

from pydantic import BaseModel

from deployer.profile.documentation import field_docs
from deployer.profile.fields import flags_in, models_in

if typing.TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.fields import FieldInfo

    from deployer.profile.source import Path

_CUTOFF = 0.75
_SHORTEST_START = 3
_LONGEST_SUMMARY = 140


@dataclass(frozen=True, slots=True)
class Meant:
    """A key that was probably meant: its section (empty at the top), and how sure that is.

    ``exact`` says that only the section or the spelling (dashes, capitals, the engine's flag)
    was off.
    """

    section: Path
    key: str
    exact: bool


def fields(model: type[BaseModel], section: Path) -> dict[str, FieldInfo]:
    """Return the fields that may be written in the section, by the key they are written under."""
    return {
        info.alias or name: info
        for found in _models_at(model, section)
        for name, info in found.model_fields.items()
    }


def field(model: type[BaseModel], path: Path) -> FieldInfo | None:
    """Return the field that a path belongs to: for an item of a list, the list's."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    return fields(model, path[:-1]).get(str(path[-1])) if path else None


def summary(model: type[BaseModel], path: Path) -> str:
    """Return the first sentences of a field's documentation, on one line of a readable length."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    docs = [field_docs(each).get(str(path[-1])) for each in _models_at(model, path[:-1]) if path]
    text = next((doc for doc in docs if doc), "")
    told, *more = re.split(r"(?<=\.) ", text)
    for sentence in more:
        if len(told) + len(sentence) > _LONGEST_SUMMARY:
            break
        told = f"{told} {sentence}"
    return told


def meant(model: type[BaseModel], path: Path) -> Meant | None:
    """Say which key was probably meant by an unknown one.

    In this order: the same key but for its spelling, here; the same key, or the engine's flag of
    it, in another section; a similar key here; a similar one elsewhere. What stands in an item of a
    list describes that item, so nothing is meant elsewhere, and its `name` is its first key.
    """
    section, key = path[:-1], _plain(str(path[-1]))
    here = fields(model, section)
    if any(isinstance(step, int) for step in section):
        first = next((name for name, info in here.items() if info.is_required()), "")
        close = first if key == "name" else near(key, here)
        return Meant(section, close, exact=False) if close else None
    elsewhere = _everywhere(model)
    if same := next((name for name in here if _plain(name) == key), None):
        return Meant(section, same, exact=True)
    if key in elsewhere and elsewhere[key][0] != section:
        return Meant(*elsewhere[key], exact=True)
    if close := near(key, here):
        return Meant(section, close, exact=False)
    if close := near(key, elsewhere):
        return Meant(*elsewhere[close], exact=False)
    return None


def near(text: str, names: Iterable[str]) -> str:
    """Return the name that a text begins or that is most like it; nothing where none is."""
    by_plain = {_plain(name): name for name in names}
    plain = _plain(text)
    if len(plain) >= _SHORTEST_START:
        for name, written in by_plain.items():
            if name.startswith(plain):
                return written
    found = difflib.get_close_matches(plain, by_plain, n=1, cutoff=_CUTOFF)
    return by_plain[found[0]] if found else ""


def _plain(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip("- \u00a0").lower())


@functools.cache
def _everywhere(model: type[BaseModel]) -> dict[str, tuple[Path, str]]:
    """Every key of the top and of the sections, and every flag, to where it is written."""
    found: dict[str, tuple[Path, str]] = {}
    flags: dict[str, tuple[Path, str]] = {}
    sections: list[Path] = [(), *((name,) for name in fields(model, ()))]
    for section in sections:
        for name, info in fields(model, section).items():
            found.setdefault(_plain(name), (section, name))
            for flag in flags_in(info):
                flags.setdefault(_plain(flag.name), (section, name))
    return {**flags, **found}


def _models_at(model: type[BaseModel], section: Path) -> list[type[BaseModel]]:
    level = [model]
    for step in section:
        infos = (each.model_fields.get(str(step)) for each in level)
        if known := [info.annotation for info in infos if info is not None]:
            level = [found for annotation in known for found in models_in(annotation)]
        # A list's position, or a mapping's own key, leads to the models already found.
    return level
