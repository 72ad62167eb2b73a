"""What differs between two releases, each difference with the YAML key behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from deployer.codec import encode
from deployer.compile.arguments import word
from deployer.plan.keys import OWN, Written, key_of
from deployer.release import Release, WarmupRequest, unsaid
from deployer.secret import HIDDEN, masked, names_secret

Kind = Literal["added", "removed", "changed", "renamed"]

LISTED = frozenset({"arguments", "environment", "warmup", "beside", "shapes", "format_version"})
"""Parts of a release that are compared by their own names, or that cannot change."""

TOLD = frozenset({"model.path", "model.served_name"})
"""Parts that a flag tells already."""

DRAFT, ADAPTER = "draft model", "adapter "
"""What weights beside the model are called in a change."""

ON = "on"
"""The text of a switch that is there."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: ``key`` in the profile, ``what`` it compiles to, the old and new text.

    ``old`` is empty for something added, ``new`` for something removed; a switch has the text
    ``on``. ``what`` is a flag, a variable, ``warm-up KIND``, or the key itself; ``was`` is the old
    flag where the same key is spelt otherwise now. Only the spelling differs where the kind is
    ``renamed``. ``at`` is the file and line of the key, where that is not the profile's own file.
    ``shape`` is the one of the deployment's shapes that it concerns, '' for all that there are.
    """

    kind: Kind
    key: str
    what: str
    old: str
    new: str
    was: str = ""
    at: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a release: its key, its text, and a text that decides whether it changed."""

    key: str
    text: str
    compared: str


Entries = Mapping[str, Entry]


def changes(
    old: Release | None, new: Release, written: Written | None = None
) -> tuple[Change, ...]:
    """Compare two releases; without an old one everything is new, and nothing is listed.

    ``written`` says which keys the new profile states, so that a value that follows from another
    is shown with the key that it follows from.
    """
    if old is None:
        return ()
    found: list[Change] = []
    for part, entries in PARTS.items():
        if getattr(old, part) != getattr(new, part):  # most of most releases is as it was
            found += _compare(entries(old), entries(new))
    rest = _compare(_parameters(old, new, written), _parameters(new, old, written))
    return (*found, *_told_once(new, rest))


def everything(release: Release, written: Written | None = None) -> tuple[Change, ...]:
    """Give all that a release is made of, as additions; of other shapes what they have apart."""
    first, *others = release.each_shape()
    parts = [entries(first) for entries in PARTS.values()]
    rest = _told_once(first, _compare({}, _parameters(first, None, written)))
    apart = (replace(each, shape=one.shape) for one in others for each in apart_from(first, one))
    return (*(change for part in parts for change in _compare({}, part)), *rest, *apart)


def apart_from(first: Release, other: Release) -> tuple[Change, ...]:
    """Give what another shape of a deployment has, beside its GPUs, that the first one has not."""
    named = ("name", "hardware.")
    return tuple(each for each in changes(first, other) if not each.what.startswith(named))


def _told_once(new: Release, found: tuple[Change, ...]) -> tuple[Change, ...]:
    """Leave the commit out where the profile states it: its revision is the same change."""
    if not new.model.commit or new.model.commit != new.model.revision:
        return found
    return tuple(change for change in found if change.what != "model.commit")


def _compare(old: Entries, new: Entries) -> tuple[Change, ...]:
    found = []
    for what in [*old, *(name for name in new if name not in old)]:
        before, after = old.get(what), new.get(what)
        if before is None and after is not None:
            found.append(Change("added", after.key, what, "", after.text))
        elif before is not None and after is None:
            found.append(Change("removed", before.key, what, before.text, ""))
        elif before is not None and after is not None and before.compared != after.compared:
            found.append(Change("changed", after.key, what, before.text, after.text))
    return tuple(found)


def _flags(release: Release) -> Entries:
    return {a.flag: _entry(a.flag, a.source, " ".join(a.values) or ON) for a in release.arguments}


def _variables(release: Release) -> Entries:
    return {v.name: _entry(v.name, v.source, v.value) for v in release.environment}


def told(name: str, value: str) -> str:
    """Give the value of a flag or a variable as it may be shown.

    A diff shows the old side of a mended leak too, so that what looks like a secret is hidden.
    """
    return HIDDEN if value != ON and names_secret(name) else masked(value)


def _entry(name: str, key: str, value: str) -> Entry:
    return Entry(key=key, text=told(name, value), compared=value)


def _warmup(release: Release) -> Entries:
    """Describe the requests; the model's name in each body is told by its flag."""
    return {
        f"warm-up {request.kind}": Entry(
            "lifecycle.warmup", _request(index, request), f"{index} {_without_model(request)}"
        )
        for index, request in enumerate(release.warmup)
    }


def _beside(release: Release) -> Entries:
    """Describe what is loaded beside the model, by what it is."""
    return {
        f"{DRAFT if one.role == 'draft' else f'{ADAPTER}{one.served_name}'}": Entry(
            "speculative.draft_model" if one.role == "draft" else "lora.adapters",
            *(f"{one.repo} at {one.commit or one.revision}",) * 2,
        )
        for one in release.beside
    }


def _request(index: int, request: WarmupRequest) -> str:
    length = f", {len(request.payload()):,} characters" if request.repeat else ""
    return f"request {index + 1}, answered by {' or '.join(request.expect)}{length}"


def _without_model(request: WarmupRequest) -> str:
    body = {**json.loads(request.body), "model": ""}
    return json.dumps([body, request.expect, request.filler, request.repeat], sort_keys=True)


PARTS: Mapping[str, Callable[[Release], Entries]] = {
    "arguments": _flags,
    "environment": _variables,
    "warmup": _warmup,
    "beside": _beside,
}
"""Parts of a release that are compared by their own names, in the order in which they are told."""


def _parameters(release: Release, other: Release | None, written: Written | None) -> Entries:
    """Flatten the rest, where it is not the very same in ``other``."""
    flat: dict[str, str] = {}
    for name in (field.name for field in fields(release)):
        part = getattr(release, name)
        if name not in LISTED and (other is None or part != getattr(other, name)):
            _flatten(name, encode(part), flat)
    for name in unsaid(release):
        flat.pop(name, None)
    return {
        OWN.get(path, path): Entry(key_of(path, written), text, text)
        for path, text in flat.items()
        if path not in TOLD
    }


def _flatten(path: str, value: object, into: dict[str, str]) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            _flatten(f"{path}.{name}", item, into)
    elif isinstance(value, list):
        if any(isinstance(item, dict) for item in value):
            into.update(_each(path, value))
        elif value:
            into[path] = " ".join(str(item) for item in value)
    elif value not in (None, ""):
        into[path] = word(value)


def _each(path: str, items: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Give each of several parts a line: by its name where it has one, or by its place."""
    for at, item in enumerate(items, start=1):
        if set(item) == {"name", "value"}:
            yield f"{path}.{item['name']}", masked(item["value"])
        elif set(item) == {"name", "seconds"}:
            yield f"{path}.{item['name']}", word(item["seconds"])
        else:
            yield f"{path}.{at}", part_words(item)


def part_words(part: Mapping[str, Any]) -> str:
    """Say what a part of a release is, of which there may be several: what is stated of it.

    What looks like a secret is hidden. A patch is told by its hash.
    """
    said = []
    for name, value in part.items():
        if value in ("", [], False, 0) or name == "text":
            continue
        shown = " ".join(map(str, value)) if isinstance(value, list) else word(value)
        said.append(shown if name in {"kind", "words"} else f"{name}={shown}")
    return masked(" ".join(said))
