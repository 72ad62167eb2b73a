"""What a change of files means: one entry a profile, for whoever reviews it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from deployer.facts.models.checkpoint import Checkpoint
from deployer.facts.prices import DATE, SHIPPED, SOURCE
from deployer.plan.capacity import Server, estimate
from deployer.plan.changes import Change, everything
from deployer.plan.cost import monthly
from deployer.plan.diff import Diff, diff_of
from deployer.plan.effects import RANK, Effect
from deployer.plan.keys import Written
from deployer.plan.money import dollars, hourly
from deployer.plan.powers import powers
from deployer.plan.sides import Side, Sides
from deployer.release import Release

Status = Literal["added", "deleted", "changed", "unchanged", "identical", "broken"]
"""``unchanged`` is another text that means the same, ``identical`` the same to the byte."""

SAME: tuple[Status, ...] = ("unchanged", "identical")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One profile: what became of it, and what that means.

    ``old_file`` is where it was before, where that is elsewhere. ``facts`` says in rows what an
    added or deleted profile is, ``contents`` all that an added one compiles to, ``powers`` what of
    it runs code or reaches outside, with the reason. ``problems`` are the places and names of the
    errors in a broken one, which hide nothing of what it would change; ``clashes`` what it takes
    that another profile takes, too, and ``note`` what the reader must know of the comparison
    itself. ``allowed`` says which findings comments allow that did not before, or no longer.
    ``locked`` says what moved in the lock beside it, ``evidence`` what its release showed once it
    served, or that what is committed is of another one.
    """

    status: Status
    file: str
    name: str
    old_file: str = ""
    diff: Diff | None = None
    facts: tuple[tuple[str, str], ...] = ()
    contents: tuple[Change, ...] = ()
    powers: tuple[tuple[Change, str, int], ...] = ()
    problems: tuple[str, ...] = ()
    note: str = ""
    clashes: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[str, str]:
        """The old file and the new one, empty where there is none."""
        old = "" if self.status == "added" else self.old_file or self.file
        return old, "" if self.status == "deleted" else self.file

    @property
    def rank(self) -> int:
        """The place among others: what is broken, new or gone first, then by importance."""
        if self.status == "changed" and self.diff is not None and self.diff.changes:
            return self.diff.changes[0].rank
        if self.allowed:
            return RANK[Effect.SECURITY]
        return len(RANK) + SAME.index(self.status) if self.status in SAME else -1

    @property
    def headline(self) -> str:
        """What became of it, in a line."""
        if self.status == "broken":
            wrong = f"not right, {_counted(len(self.problems), 'error')}"
            return f"{wrong}; {self._changes}" if self._changes else wrong
        if self.status == "identical":
            return f"the same to the byte{', in another place' if self.old_file else ''}"
        more = (
            "it takes what another profile takes" if self.clashes else "",
            "comments allow other findings" if self.allowed else "",
        )
        return "; ".join(part for part in (self._own, *more) if part)

    @property
    def _own(self) -> str:
        """What became of it, whatever stands beside it."""
        if self.status == "added":
            return f"a new deployment, {self.name}"
        if self.status == "deleted":
            return f"deleted, {self.name}" if self.name else "deleted"
        if not self._changes:
            where = "its place" if self.old_file else "comments, order or spelling"
            where = "its lock" if self.locked else where
            return f"nothing at run time, only {where}"
        return self._changes

    @property
    def _changes(self) -> str:
        """How many changes there are and what they lead to; empty for none."""
        if self.diff is None or not self.diff.changes:
            return ""
        return f"{_counted(len(self.diff.changes), 'change')}: {'; '.join(self.diff.labels)}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Against:
    """What was compared with: a ref, the commit that it came to, and what must be known of it.

    ``head`` is the commit of the new side, '' for the working tree.
    """

    ref: str
    commit: str
    head: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """All profiles that were compared, the most important first.

    ``against`` is None for two files; ``how`` says how the profiles were found, '' where each was
    named. ``remarks`` says what the change does to what is compared at all.
    """

    profiles: tuple[Reviewed, ...]
    against: Against | None = None
    how: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything is different at run time, in what comments allow, or is looked at."""
        return bool(self.remarks) or any(
            one.status not in SAME or one.allowed for one in self.profiles
        )

    @property
    def wrong(self) -> bool:
        """Whether a profile of the new side is not right, or takes what another one takes."""
        return any(one.status == "broken" or one.clashes for one in self.profiles)

    @property
    def telling(self) -> tuple[Reviewed, ...]:
        """The profiles of which there is something to say."""
        return tuple(one for one in self.profiles if one.status != "identical")

    @property
    def same(self) -> tuple[Reviewed, ...]:
        """Those that are the same to the byte."""
        return tuple(one for one in self.profiles if one.status == "identical")

    @property
    def scope(self) -> str:
        """What was compared, in a sentence without its end."""
        number = _counted(len(self.profiles), "profile")
        if self.against is None:
            return f"compared {number}"
        new = f"commit {self.against.head[:SHORT]}" if self.against.head else "the working tree"
        ref = "" if self.against.commit.startswith(self.against.ref) else f" ({self.against.ref})"
        found = f", found {self.how}" if self.how else ""
        return f"compared {number} in {new} with commit {self.against.commit[:SHORT]}{ref}{found}"


SHORT = 12
"""Digits of a commit that are shown."""


def review(profiles: Iterable[Reviewed], against: Against | None = None, how: str = "") -> Review:
    """Put the profiles in order. Raises ValueError for none: that would be no comparison."""
    found = tuple(sorted(profiles, key=lambda one: (one.rank, one.file)))
    if not found:
        msg = "nothing was compared"
        raise ValueError(msg)
    return Review(found, against, how)


def compared(
    old: Side,
    new: Side,
    file: str,
    written: Written | None = None,
    *,
    old_file: str = "",
    note: str = "",
) -> Reviewed:
    """Compare two releases of one profile; ``old_file`` is where it was, if elsewhere."""
    found = diff_of(Sides(old, new), written)
    status: Status = "changed" if found else "unchanged"
    return Reviewed(status, file, new.release.name, old_file=old_file, diff=found, note=note)


def added(new: Side, file: str, written: Written | None = None, *, note: str = "") -> Reviewed:
    """Introduce a new profile."""
    contents = everything(new.release, written)
    return Reviewed(
        "added",
        file,
        new.release.name,
        facts=facts(new.release, new.resolved.checkpoints.model),
        contents=contents,
        powers=powers(new.release),
        note=note,
    )


def deleted(of: Side, file: str) -> Reviewed:
    """Say what a profile described that is gone."""
    old = of.release
    name = old.modal.app if old.modal else old.name
    note = f"What runs goes on, and costs, until it is destroyed: `deployer destroy {name}`"
    rows = facts(old, of.resolved.checkpoints.model)
    return Reviewed("deleted", file, old.name, facts=rows, note=note)


def facts(release: Release, known: Checkpoint | None = None) -> tuple[tuple[str, str], ...]:
    """Say in rows what a release is; ``known`` is its model."""
    gpus = release.gpus if release.hardware.count else "CPU"
    place = f"Modal app {release.modal.app}" if release.modal else "this machine"
    engine = f"{release.engine.name} {release.engine.version}"
    rows = [
        ("serves", f"{release.model.served_name} ({release.model.repo}, {release.model.revision})"),
        ("on", f"{gpus}, {place}"),
        ("engine", f"{engine} {release.engine.image}".rstrip()),
        ("API key", release.listen.api_key_variable or "none is asked for"),
    ]
    for one in release.each_shape():
        on = f", on {one.hardware}" if release.shapes else ""
        pool, cost = estimate(one, known), _cost(one)
        if cost:
            rows.append(("money", f"{cost}{on}"))
        if isinstance(pool, Server):
            rows.append(("KV pool", f"{_pool(pool)}{on}"))
        elif one.hardware.count:
            rows.append(("KV pool", f"not known{on}: {pool.reason}"))
    return tuple(rows)


def _pool(found: Server) -> str:
    each = f", {round(found.pool.tokens, -3):,} on each of {found.ranks} data-parallel ranks"
    more = each if found.ranks > 1 else ""
    return f"about {round(found.tokens, -3):,} tokens for all requests{more}"


def _cost(release: Release) -> str:
    each = hourly(release)
    if each is None or release.modal is None:
        return ""
    kept = release.modal.min_containers
    zero = monthly(release, release.modal, SHIPPED)
    month = dollars(zero.zero if zero is not None else 0.0, cents=False)
    kept = max((kept, *(one.min_containers for one in release.modal.schedule)))
    stay = f"{kept} kept up for {month} a month" if kept else "none kept up without traffic"
    most = f"at most {release.modal.max_containers}"
    return f"{dollars(each)} an hour a container, {stay}, {most} ({SOURCE}, {DATE})"
