"""What a change of files means: one entry a profile, for whoever reviews it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deployer.facts.prices import DATE, HOURS_A_MONTH, SOURCE
from deployer.plan.capacity import Pool, estimate
from deployer.plan.changes import Change, everything
from deployer.plan.diff import Diff, diff
from deployer.plan.effects import RANK
from deployer.plan.keys import Written
from deployer.plan.money import dollars, hourly
from deployer.release import Release

Status = Literal["added", "deleted", "changed", "unchanged", "broken"]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One profile: what became of it, and what that means.

    ``old_file`` is where it was before, where that is elsewhere. ``facts`` says in rows what an
    added or deleted profile is, ``contents`` all that an added one compiles to. ``problems`` are
    the places and names of the errors in a broken one, and ``note`` what the reader must know of
    the comparison itself.
    """

    status: Status
    file: str
    name: str
    old_file: str = ""
    diff: Diff | None = None
    facts: tuple[tuple[str, str], ...] = ()
    contents: tuple[Change, ...] = ()
    problems: tuple[str, ...] = ()
    note: str = ""

    @property
    def rank(self) -> int:
        """The place among others: what is broken, new or gone first, then by importance."""
        if self.status == "changed" and self.diff is not None and self.diff.changes:
            return self.diff.changes[0].rank
        return len(RANK) if self.status == "unchanged" else -1

    @property
    def headline(self) -> str:
        """What became of it, in a line."""
        if self.status == "broken":
            return f"not right, {_counted(len(self.problems), 'error')}"
        if self.status == "added":
            return f"a new deployment, {self.name}"
        if self.status == "deleted":
            return f"deleted, {self.name}" if self.name else "deleted"
        if self.diff is None or not self.diff.changes:
            where = "its place" if self.old_file else "comments, order or spelling"
            return f"nothing at run time, only {where}"
        return f"{_counted(len(self.diff.changes), 'change')}: {'; '.join(self.diff.labels)}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Review:
    """All profiles that a change of files touches, the most important first."""

    profiles: tuple[Reviewed, ...]

    @property
    def changed(self) -> bool:
        """Whether anything at all is different at run time."""
        return any(one.status != "unchanged" for one in self.profiles)


def review(profiles: list[Reviewed]) -> Review:
    """Put the profiles in order."""
    return Review(tuple(sorted(profiles, key=lambda one: (one.rank, one.file))))


def compared(
    old: Release,
    new: Release,
    file: str,
    written: Written | None = None,
    *,
    old_file: str = "",
    note: str = "",
) -> Reviewed:
    """Compare two releases of one profile; ``old_file`` is where it was, if elsewhere."""
    found = diff(old, new, written)
    status: Status = "changed" if found else "unchanged"
    return Reviewed(status, file, new.name, old_file=old_file, diff=found, note=note)


def added(new: Release, file: str, written: Written | None = None, *, note: str = "") -> Reviewed:
    """Introduce a new profile."""
    contents = everything(new, written)
    return Reviewed("added", file, new.name, facts=facts(new), contents=contents, note=note)


def deleted(old: Release, file: str) -> Reviewed:
    """Say what a profile described that is gone."""
    how = f": `deployer destroy {old.name}`" if old.target == "local" else ""
    note = f"What runs goes on, and costs, until it is destroyed{how}"
    return Reviewed("deleted", file, old.name, facts=facts(old), note=note)


def facts(release: Release) -> tuple[tuple[str, str], ...]:
    """Say in rows what a release is."""
    gpus = f"{release.hardware.count} x {release.hardware.gpu}" if release.hardware.count else "CPU"
    place = f"Modal app {release.modal.app}" if release.modal else "this machine"
    engine = f"{release.engine.name} {release.engine.version}"
    rows = [
        ("serves", f"{release.model.served_name} ({release.model.repo}, {release.model.revision})"),
        ("on", f"{gpus}, {place}"),
        ("engine", f"{engine} {release.engine.image}".rstrip()),
        ("API key", release.listen.api_key_variable or "none is asked for"),
    ]
    pool, cost = estimate(release), _cost(release)
    if cost:
        rows.append(("money", cost))
    if isinstance(pool, Pool):
        rows.append(("KV pool", f"about {round(pool.tokens, -3):,} tokens for all requests"))
    return tuple(rows)


def _cost(release: Release) -> str:
    each = hourly(release)
    if each is None or release.modal is None:
        return ""
    kept = release.modal.min_containers
    month = dollars(each * kept * HOURS_A_MONTH, cents=False)
    stay = f"{kept} kept up for {month} a month" if kept else "none kept up without traffic"
    most = f"at most {release.modal.max_containers}"
    return f"{dollars(each)} an hour a container, {stay}, {most} ({SOURCE}, {DATE})"
