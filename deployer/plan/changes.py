"""What differs between two releases, each difference with the YAML key behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from deployer.codec import encode
from deployer.release import Release

LISTED = frozenset({"arguments", "environment", "warmup", "format_version", "name"})
"""Parts of a release that are compared by their own names, or that cannot change."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: ``key`` in the profile, ``what`` it compiles to, the old and new text.

    ``old`` is empty for something added, ``new`` for something removed; a switch has the text
    ``on``.
    """

    kind: Literal["added", "removed", "changed"]
    key: str
    what: str
    old: str
    new: str


def changes(old: Release | None, new: Release) -> tuple[Change, ...]:
    """Compare two releases; without an old one everything is new, and nothing is listed."""
    if old is None:
        return ()
    return (
        *_compare(_flags(old), _flags(new)),
        *_compare(_variables(old), _variables(new)),
        *_compare(_warmup(old), _warmup(new)),
        *_compare(_parameters(old), _parameters(new)),
    )


Entries = Mapping[str, tuple[str, str]]
"""What something is called, to its YAML key and its text."""


def _compare(old: Entries, new: Entries) -> tuple[Change, ...]:
    found = []
    for what in [*old, *(name for name in new if name not in old)]:
        before, after = old.get(what), new.get(what)
        if before is None and after is not None:
            found.append(Change("added", after[0], what, "", after[1]))
        elif before is not None and after is None:
            found.append(Change("removed", before[0], what, before[1], ""))
        elif before is not None and after is not None and before[1] != after[1]:
            found.append(Change("changed", after[0], what, before[1], after[1]))
    return tuple(found)


def _flags(release: Release) -> Entries:
    return {a.flag: (a.source, " ".join(a.values) or "on") for a in release.arguments}


def _variables(release: Release) -> Entries:
    return {v.name: (v.source, v.value) for v in release.environment}


def _warmup(release: Release) -> Entries:
    return {
        f"warm-up {request.kind}": ("lifecycle.warmup", f"request {index + 1}: {request.payload()}")
        for index, request in enumerate(release.warmup)
    }


def _parameters(release: Release) -> Entries:
    """Flatten the rest; the model's path and name and the port are told by their flags."""
    flat: dict[str, tuple[str, str]] = {}
    for name, value in encode(release).items():
        if name not in LISTED:
            _flatten(name, value, flat)
    for told in ("model.path", "model.served_name", "listen.host", "listen.port"):
        flat.pop(told, None)
    return flat


def _flatten(path: str, value: object, into: dict[str, tuple[str, str]]) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            _flatten(f"{path}.{name}", item, into)
    elif isinstance(value, list):
        into[path] = (path, " ".join(str(item) for item in value))
    elif value not in (None, ""):
        into[path] = (path, str(value))
