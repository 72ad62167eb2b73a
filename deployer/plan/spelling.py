"""Flags that are only spelt differently: what another release calls the same is renamed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from deployer.facts.sglang.replacements import Words, spell
from deployer.plan.changes import ON, Change
from deployer.plan.sides import Sides
from deployer.release import Argument

Changes = tuple[Change, ...]
Said = dict[str, tuple[Words, ...] | None]
"""Old flags to what the new release says for them: nothing where another flag says it too, and
None where it cannot."""

ABSORBED = "part of another flag"


def respelt(found: Changes, sides: Sides) -> Changes:
    """Join what was removed with what was added for it.

    First by what the new release calls the old flag; then, where one key compiled to one flag and
    compiles to another one now, by the key.
    """
    return _by_key(_by_meaning(found, sides))


def _by_meaning(found: Changes, sides: Sides) -> Changes:
    said = _old_in_new_words(sides)
    new = {a.flag: a for a in sides.new.arguments}
    added = {change.what for change in found if change.kind == "added"}
    joined: set[str] = set()
    result = []
    for change in found:
        words = said.get(change.what) if change.kind in {"removed", "changed"} else None
        if words is None:
            result.append(change)
        elif change.kind == "changed":
            result.append(_choice(change, words, new[change.what]))
        elif not words:
            result.append(replace(change, kind="renamed", new=ABSORBED))
        elif {flag for flag, _ in words} <= added:
            joined |= {flag for flag, _ in words}
            result.append(_joined(change, words, new))
        else:
            result.append(change)
    return tuple(one for one in result if one.kind != "added" or one.what not in joined)


def _old_in_new_words(sides: Sides) -> Said:
    """Say each old argument as the new release would; nothing where the releases are one."""
    if sides.new_catalogue is None or sides.old.engine.version == sides.new.engine.version:
        return {}
    beside = {a.flag: a.values for a in sides.old.arguments}
    catalogue = sides.new_catalogue
    return {a.flag: spell(catalogue, a.flag, a.values, beside) for a in sides.old.arguments}


def _choice(change: Change, words: tuple[Words, ...], new: Argument) -> Change:
    """Call it renamed where both values are names of one choice."""
    return replace(change, kind="renamed") if words == ((new.flag, new.values),) else change


def _joined(change: Change, words: tuple[Words, ...], new: dict[str, Argument]) -> Change:
    """Make one change of a removed flag and of those that say it now."""
    now = [new[flag] for flag, _ in words]
    return Change(
        kind="renamed" if tuple((a.flag, a.values) for a in now) == words else "changed",
        key=now[0].source,
        what=" ".join(a.flag for a in now),
        old=change.old,
        new=" ".join(" ".join(a.values) or ON for a in now),
        was=change.what,
    )


def _by_key(found: Changes) -> Changes:
    sides = Counter((change.kind, change.key) for change in found if _is_flag(change))
    pairs = {
        change.key: change
        for change in found
        if change.kind == "added"
        and _is_flag(change)
        and sides["added", change.key] == sides["removed", change.key] == 1
    }
    result = []
    for change in found:
        after = pairs.get(change.key)
        if change.kind == "removed" and after is not None and _is_flag(change):
            result.append(replace(after, kind="changed", old=change.old, was=change.what))
        elif after is not change:
            result.append(change)
    return tuple(result)


def _is_flag(change: Change) -> bool:
    return change.what.startswith("--")
