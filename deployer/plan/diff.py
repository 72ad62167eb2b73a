"""From two releases to a Diff: all that a reviewer should know, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from deployer.facts.prices import SHIPPED, Prices
from deployer.plan import meaning
from deployer.plan.again import compiling, loading
from deployer.plan.capacity import NoEstimate, Server, estimate
from deployer.plan.changes import Change, changes
from deployer.plan.consequences import (
    BESIDE,
    RESTART,
    Again,
    consequences,
    divides,
    tokens,
)
from deployer.plan.defaults import ChangedDefault, changed_defaults
from deployer.plan.effects import RANK, Consequence, Effect, ordered
from deployer.plan.keys import SEVERAL, Written
from deployer.plan.money import new_shape
from deployer.plan.powers import of_change, urgency
from deployer.plan.sides import Pair, Side, Sides, side
from deployer.plan.speculation import memory
from deployer.plan.spelling import respelt
from deployer.release import Release

FALLBACK = "modal.fallback"
"""The key behind the shapes of a deployment."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One change, what it concerns in a sentence, the default, and what it leads to.

    ``urgency`` orders what concerns security: what runs code comes first, the unknown last.
    """

    change: Change
    help: str
    default: str
    consequences: tuple[Consequence, ...]
    urgency: int = 1

    @property
    def rank(self) -> int:
        """The importance of its gravest consequence, 0 the greatest."""
        return RANK[self.consequences[0].effect]


@dataclass(frozen=True, slots=True)
class Capacity:
    """The KV pools of a server before and after; ``why_not`` says what is missing for a number.

    ``drafts`` says what else changes in it, and beside it, for speculation. ``shape`` is the one
    that it is of, '' for the only one, and ``others`` are those of further shapes.
    """

    old: Server | None
    new: Server | None
    why_not: str = ""
    drafts: str = ""
    shape: str = ""
    others: tuple[Capacity, ...] = ()

    @property
    def difference(self) -> str:
        """The tokens gained or lost, empty where they are not known."""
        return tokens(self.old, self.new) if self.old and self.new else ""

    @property
    def sentence(self) -> str:
        """The pools in a sentence, of each shape that it is about."""
        named = f"on {self.shape}, " if self.shape else ""
        own = f"{named}{self._pools()}" + (f"; {self.drafts}" if self.drafts else "")
        return "; ".join((own, *(each.sentence for each in self.others)))

    def _pools(self) -> str:
        if self.old is None or self.new is None:
            known = self.old or self.new
            half = "" if known is None else f" (about {known.sentence} {_side(self)})"
            return f"KV pool: no estimate of the difference{half}, because {self.why_not}"
        if self.old == self.new:
            return f"KV pool: about {self.new.sentence} before and after"
        gib = f"{self.new.gib - self.old.gib:+.1f}"
        room = "the same room" if float(gib) == 0 else f"{gib} GiB on each GPU"
        return (
            f"KV pool: about {self.old.sentence} -> {self.new.sentence} ({self.difference}, {room})"
        )


@dataclass(frozen=True, slots=True)
class Diff:
    """What changes between two releases; ``changes`` stand with the most important first.

    ``capacity`` is None where nothing that changed bears on it. ``replaces`` says what becomes of
    what runs, where that is replaced.
    """

    changes: tuple[Explained, ...]
    defaults: tuple[ChangedDefault, ...] = ()
    capacity: Capacity | None = None
    versions: tuple[str, str] = ("", "")
    replaces: str = ""

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.changes or self.defaults)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Every kind of consequence, the most important first.

        A changed release is always carried out anew, even where the engine then does the same.
        """
        found = {one.effect for explained in self.changes for one in explained.consequences}
        if self.changes:
            found = (found - {Effect.NOTHING}) | {Effect.CONTAINERS}
        return tuple(sorted(found, key=RANK.__getitem__))

    @property
    def labels(self) -> tuple[str, ...]:
        """Every kind of consequence in few words, with the amounts that are known."""
        return tuple(self._label(effect) for effect in self.effects)

    def _label(self, effect: Effect) -> str:
        if effect is Effect.CAPACITY and self.capacity:
            return f"{effect} {self.capacity.difference}".rstrip()
        found = (one for explained in self.changes for one in explained.consequences)
        amounts = dict.fromkeys(o.amount for o in found if o.effect is effect and o.amount)
        return f"{effect} {', '.join(amounts)}" if amounts else str(effect)


def diff(
    old: Release, new: Release, written: Written | None = None, prices: Prices = SHIPPED
) -> Diff:
    """Compare two releases of which no more is known than what is shipped."""
    return diff_of(Sides(side(old), side(new), prices), written)


def diff_of(sides: Sides, written: Written | None = None) -> Diff:
    """Compare two releases and say what each change leads to.

    ``written`` says which keys the new profile states.
    """
    found = [*_of_shapes(sides), *_told_of(sides.shapes, written)]
    first = sides.shapes[0].sides or sides
    return Diff(
        changes=tuple(sorted(found, key=lambda one: (one.rank, one.urgency))),
        defaults=changed_defaults(first),
        capacity=_capacities(found, sides),
        versions=(sides.old.engine.version, sides.new.engine.version),
        replaces=_sentence(_replaced(sides)) if found else "",
    )


def _told_of(pairs: tuple[Pair, ...], written: Written | None) -> Iterator[Explained]:
    """Give what changes in each shape; what all of them have in common is told once, of no one."""
    each = [
        {_said(one): one for one in _compared(sides, written if at == 0 else None)}
        for at, pair in enumerate(pairs)
        if (sides := pair.sides) is not None
    ]
    names = [pair.name for pair in pairs if pair.sides is not None]
    common = set(each[0]).intersection(*each[1:]) if each else set()
    for at, (name, found) in enumerate(zip(names, each, strict=True)):
        for said, one in found.items():
            if said not in common:
                yield replace(one, change=replace(one.change, shape=name))
            elif at == 0:
                yield one


def _said(one: Explained) -> tuple[str, ...]:
    change = one.change
    return change.kind, change.what, change.old, change.new, change.was


def _compared(sides: Sides, written: Written | None) -> Iterator[Explained]:
    """Compare two shapes that take each other's place."""
    compared = respelt(changes(sides.old, sides.new, written), sides)
    again = {
        Effect.WEIGHTS: loading(compared, sides),
        Effect.KERNELS: compiling(compared, sides),
    }
    return (_explained(change, sides, again) for change in compared)


def _of_shapes(sides: Sides) -> Iterator[Explained]:
    """Give the shapes that are new or gone, and another order of those that stay."""
    place = Consequence(Effect.CONTAINERS, _replaced(sides))
    for pair in sides.shapes:
        if pair.before is None and pair.after is not None:
            new = pair.after.release
            change = Change("added", FALLBACK, f"shape {pair.name}", "", new.name)
            yield _of_fallback(change, new_shape(pair.after, sides.prices), place)
        elif pair.after is None and pair.before is not None:
            change = Change("removed", FALLBACK, f"shape {pair.name}", pair.before.release.name, "")
            reason = "where the other GPUs are not to be had, no container is given"
            yield _of_fallback(change, (Consequence(Effect.CLIENTS, reason),), place)
    kept = [pair.after.release.shape for pair in sides.shapes if pair.before and pair.after]
    before = [one.release.shape for one in sides.before.shapes if one.release.shape in kept]
    after = [name for name in kept if name in before]
    if before != after:
        change = Change("changed", FALLBACK, "order of shapes", " ".join(before), " ".join(after))
        reason = f"Modal looks for {after[0]} first"
        yield _of_fallback(change, (Consequence(Effect.MONEY, reason),), place)


def _of_fallback(change: Change, leads: Iterable[Consequence], place: Consequence) -> Explained:
    return Explained(change, meaning.of_key(FALLBACK).help, "", ordered([*leads, place]))


def _replaced(sides: Sides) -> str:
    """Say what becomes of what runs: only the same deployment is replaced."""
    return RESTART[sides.new.target] if _where(sides.old) == _where(sides.new) else BESIDE


def _where(release: Release) -> tuple[str, ...]:
    """Give what tells a deployment from others: its name here, its app on Modal."""
    if release.modal is None:
        return (release.target, release.name)
    return (release.target, release.modal.app, release.modal.environment or "")


def _explained(change: Change, sides: Sides, again: Again) -> Explained:
    what = change.what
    if what.startswith("--"):
        about = meaning.of_flag(what, sides.new_catalogue, sides.old_catalogue)
    elif what.startswith("warm-up "):
        about = meaning.of_key(change.key)
    else:
        about = meaning.of_key(what)
        if about == meaning.Meaning() and "." in what:  # one of several parts
            several = what.rpartition(".")[0]
            about = meaning.of_key(several) if several in SEVERAL else about
        if about == meaning.Meaning():
            about = meaning.of_variable(what, sides.new_catalogue, sides.old_catalogue)
    held = of_change(change, sides.new_catalogue, sides.old_catalogue)
    leads = consequences(change, sides, again)
    return Explained(change, about.help, about.default, leads, urgency(held))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _capacities(found: list[Explained], sides: Sides) -> Capacity | None:
    """Give the pools of each shape in which something changes that bears on them."""
    pools = []
    for pair in sides.shapes:
        of = [one for one in found if one.change.shape in {"", pair.name}]
        if pair.sides is not None and (capacity := _capacity(of, pair.sides)) is not None:
            pools.append(replace(capacity, shape=pair.name))
    return replace(pools[0], others=tuple(pools[1:])) if pools else None


def _capacity(found: list[Explained], sides: Sides) -> Capacity | None:
    if not any(divides(explained.change.what) for explained in found):
        return None
    if not {sides.old.hardware.gpu, sides.new.hardware.gpu} - {"none"}:
        return None
    drafts = memory(sides.old, sides.new)
    return Capacity(_pool(sides.before), _pool(sides.after), _why_not(sides), drafts)


def _side(capacity: Capacity) -> str:
    return "before" if capacity.old else "after"


def _pool(of: Side) -> Server | None:
    found = _estimate(of)
    return found if isinstance(found, Server) else None


def _why_not(sides: Sides) -> str:
    found = (_estimate(one) for one in (sides.before, sides.after))
    return next((one.reason for one in found if isinstance(one, NoEstimate)), "")


def _estimate(of: Side) -> Server | NoEstimate:
    return estimate(of.release, of.resolved.checkpoints.model)
