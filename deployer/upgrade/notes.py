"""What an upgrade says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from os.path import normpath

from deployer.plan.defaults import ChangedDefault
from deployer.profile.layers import Layered, Named, Text


class Kind(StrEnum):
    """What became of one thing that a profile says."""

    REWRITTEN = "rewritten"
    """A key or a value has another name now."""

    MOVED = "moved"
    """A flag of ``engine.args`` stands under its typed field now."""

    COMMENTED = "commented out"
    """What the new release does anyway, or does not listen to, is kept as a comment."""

    TAKEN_OUT = "taken out"
    """A comment that allowed what is found no more."""

    RESPELT = "respelt"
    """The file stays as it is, and compiles to other words."""

    DEPRECATED = "newly deprecated"
    """The new release still takes it, and has nothing that means the same."""

    OFFERED = "offered"
    """The new release can do better than the old one, and nothing was written for it."""

    LEFT = "left"
    """It cannot be said to the new release, or not here; somebody must decide."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that an upgrade did or left: at which YAML key, from what to what, and why."""

    kind: Kind
    path: str
    before: str
    after: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A profile's text for another release, and what a reader should know of the step.

    ``defaults`` are decisions, options and variables that the profile leaves to the engine, and
    that come out otherwise now. ``unknown`` says why they are not known, where the old release has
    no catalogue. ``also`` is what becomes of the file that it extends.
    """

    file: str
    old_version: str
    new_version: str
    old_text: str
    text: str
    notes: tuple[Note, ...]
    defaults: tuple[ChangedDefault, ...] = ()
    unknown: str = ""
    also: tuple[Upgrade, ...] = ()
    named: tuple[Named, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the file changes at all, or one that it extends."""
        return self.text != self.old_text or any(one.changed for one in self.also)

    @property
    def files(self) -> tuple[Upgrade, ...]:
        """Give what changes, a file at a time."""
        return tuple(one for one in (self, *self.also) if one.text != one.old_text)

    @property
    def whole(self) -> Text:
        """Give the texts as they are now, laid over each other."""
        if not (self.also or self.named):
            return self.text
        base, file = next(((one.text, one.file) for one in self.also), ("", ""))
        now = {normpath(one.file): one.text for one in (self, *self.also)}
        return Layered(self.text, base, file, named=tuple(_as_now(one, now) for one in self.named))


def _as_now(one: Named, now: Mapping[str, str]) -> Named:
    """Give a profile that is fallen back to as it is then: it may share files that change."""
    if isinstance(one.text, str):
        return replace(one, text=now.get(normpath(one.file), one.text))
    base = now.get(normpath(one.text.base_file), one.text.base)
    text = now.get(normpath(one.file), one.text.text)
    return replace(one, text=replace(one.text, text=text, base=base))
