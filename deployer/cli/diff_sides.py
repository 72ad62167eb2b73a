"""From the two texts of a profile to what their difference means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from deployer.check.across.identity import Siblings, identity, siblings
from deployer.check.allow import stated
from deployer.check.run import BETWEEN, Stopping, judge
from deployer.cli.evidence import told
from deployer.cli.reading import counts, stops
from deployer.compile.case import Case
from deployer.compile.shapes import settled
from deployer.lock.moved import moved
from deployer.plan import review
from deployer.plan.review import SAME
from deployer.plan.sides import Side as Compiled
from deployer.plan.sides import side
from deployer.profile.layers import read
from deployer.profile.partial import filled
from deployer.profile.source import Source, format_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deployer.cli.git_profiles import Pair, Text
    from deployer.finding import Finding
    from deployer.lock.lock import Lock
    from deployer.plan.changes import Change
    from deployer.plan.review import Reviewed
    from deployer.profile.layers import Text as Layers
    from deployer.release import Release


@dataclass(frozen=True, slots=True)
class Side:
    """One side, read and checked; ``case`` is as much of it as is known, None of nothing."""

    file: str
    case: Case | None
    whole: bool
    findings: tuple[Finding, ...]
    keys: frozenset[str]
    allows: Counter[tuple[str, str]] = field(default_factory=Counter)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """The keys that are written in what it extends, each with its file and line."""
    shapes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The same of all keys of each shape that it falls back to."""
    settled: Mapping[str, str] = field(default_factory=dict)
    """Which of these shapes the deployment has a number of, by what it compiles to."""

    @property
    def release(self) -> Release | None:
        """What it compiles to; None where a part of it is not known."""
        return self.case.release if self.case is not None and self.whole else None

    @property
    def lock(self) -> Lock | None:
        """The lock that it is compiled with; None where there is none that is its own."""
        return self.case.lock if self.case is not None else None

    def compiled(self, release: Release) -> Compiled:
        """Give what it compiles to with what the engine makes of it."""
        return side(release, None if self.case is None else self.case.resolved)

    @property
    def wrong(self) -> bool:
        """Whether it has errors of its own."""
        return any(stops(finding) and finding.check not in BETWEEN for finding in self.findings)

    @property
    def clashes(self) -> tuple[str, ...]:
        """What it takes that another profile takes, too."""
        found = (each for each in self.findings if each.check in BETWEEN and stops(each))
        return tuple(f"{each.check}: {each.message}" for each in found)


def reviewed(
    pairs: Sequence[Pair], beside: Mapping[str, Layers | None] | None = None
) -> tuple[list[Reviewed], list[Finding]]:
    """Compare each pair; the findings are those of the new sides, without notes on them.

    ``beside`` are the texts of all profiles of the new side, None where nobody looked.
    """
    found: list[Reviewed] = []
    findings: list[Finding] = []
    around = None if beside is None else siblings(beside)
    for pair in pairs:
        one, told = _of_pair(pair, around)
        shared, others = [], []
        for inside in () if pair.identical else pair.inside:
            other, more = _of_pair(inside, None)
            if (other.status, other.diff, other.problems) == (one.status, one.diff, one.problems):
                shared.append(other.file.removeprefix(f"{one.file} "))
            else:
                others.append(other)
            told = (*told, *(finding for finding in more if _is_new(finding, told)))
        note = f"the same in its environments {', '.join(shared)}" if shared else ""
        note = "" if one.status in SAME else note
        found += [replace(one, note="; ".join(filter(None, (one.note, note)))), *others]
        findings += [finding for finding in told if counts(finding)]
    return found, findings


def _is_new(finding: Finding, told: Sequence[Finding]) -> bool:
    """Whether nothing was said of the kind at that place."""
    place = (finding.check, finding.file, finding.span)
    return place not in {(one.check, one.file, one.span) for one in told}


def _of_pair(pair: Pair, around: Siblings | None) -> tuple[Reviewed, tuple[Finding, ...]]:
    if pair.old is not None and pair.new is not None and pair.identical:
        return _identical(pair.old, pair.new), ()
    if unread := next((text for text in (pair.new, pair.old) if text and text.why_not), None):
        return _unread(unread, pair), ()
    old = None if pair.old is None else _side(pair.old, kept=Stopping())
    beside = around.without(pair.new.file) if around and pair.new else None
    new = None if pair.new is None else _side(pair.new, beside)
    found = _reviewed(old, new)
    if pair.new is not None and new is not None and new.release is not None:
        found = replace(found, evidence=told(pair.new.evidence, new.release.digest()))
    return found, new.findings if new else ()


def _side(text: Text, beside: Siblings | None = None, kept: Container[str] | None = None) -> Side:
    judged = judge(text.whole, text.file, kept, siblings=beside, beside=text.lock)
    return Side(
        file=text.label,
        case=judged.case,
        whole=judged.whole is not None,
        findings=judged.findings,
        keys=frozenset(format_path(path) for path in judged.loaded.source.places),
        allows=stated(judged.loaded.source),
        elsewhere=_elsewhere(judged.loaded.source),
        shapes=_of_shapes(text.whole, judged.case),
        settled=_settled(judged.case),
    )


def _elsewhere(source: Source) -> dict[str, str]:
    """Give the file and line of each key that is written in another file than the profile's own."""
    found = ((format_path(path), source.where(path)) for path in source.places if source.parts)
    return {key: f"{file}:{line}" for key, (file, line) in found if file != source.file}


def _of_shapes(whole: Layers, case: Case | None) -> dict[str, dict[str, str]]:
    """Give the file and line of each key of each shape that a profile falls back to."""
    if case is None or not case.others or isinstance(whole, str):
        return {}
    there = {one.name: one for one in whole.named}
    names = case.profile.modal.fallback if case.profile.modal else ()
    if len(names) != len(case.others):  # what is not right is no shape, and an error of its own
        return {}
    found = {}
    for name, other in zip(names, case.others, strict=True):
        source = read(there[name].within(whole.environment), there[name].file)
        places = ((format_path(path), source.where(path)) for path in source.places)
        found[other.alone.shape] = {key: f"{file}:{line}" for key, (file, line) in places}
    return found


def _settled(case: Case | None) -> dict[str, str]:
    """Say of each number that a deployment has of another shape than its first, of which one."""
    if case is None or not case.others:
        return {}
    shapes = [each.alone for each in (case, *case.others)]
    which = {f"modal.{one.name}": one.of.index(one.value) for one in settled(shapes)}
    return {what: shapes[at].shape for what, at in which.items() if at}


def _placed(found: Reviewed, new: Side) -> Reviewed:
    """Say of each change at a key of another file where that is."""
    if found.diff is None or not (new.elsewhere or new.shapes):
        return found
    changes = tuple(
        replace(one, change=replace(one.change, at=_at(one.change, new)))
        for one in found.diff.changes
    )
    return replace(found, diff=replace(found.diff, changes=changes))


def _at(change: Change, new: Side) -> str:
    """Give the file and line of what changes: in a shape's own profile, where it is one's."""
    of = change.shape or new.settled.get(change.what, "")
    return new.shapes.get(of, new.elsewhere).get(change.key, "")


def _identical(old: Text, new: Text) -> Reviewed:
    found = identity(new.whole, new.file)
    moved = old.file if old.file != new.file else ""
    return review.Reviewed("identical", new.file, found.name if found else "", old_file=moved)


def _unread(text: Text, pair: Pair) -> Reviewed:
    """Say that one side could not be read, so that nobody knows what changes."""
    side = "" if text is pair.new else "what was there before cannot be read: "
    return review.Reviewed("broken", text.file, "", problems=(f"{side}{text.why_not}",))


def _reviewed(old: Side | None, new: Side | None) -> Reviewed:
    if new is None:
        return _gone(old)
    locked = moved(old.lock if old else None, new.lock)
    found = replace(_placed(_new(old, new), new), allowed=_allowed(old, new), locked=locked)
    return found if found.status == "broken" else replace(found, clashes=new.clashes)


def _allowed(old: Side | None, new: Side) -> tuple[str, ...]:
    """Say what comments allow that they did not before, and what they allow no longer."""
    before = old.allows if old else Counter[tuple[str, str]]()
    came, gone = new.allows - before, before - new.allows
    return (
        *(f"security: a new comment allows `{check}`, because: {why}" for check, why in came),
        *(f"no comment allows `{check}` any more, as before: {why}" for check, why in gone),
    )


def _new(old: Side | None, new: Side) -> Reviewed:
    found = _compared(old, new)
    return _broken(new, found) if new.release is None or new.wrong else found


def _compared(old: Side | None, new: Side) -> Reviewed:
    """Compare as far as the new side is known."""
    moved = old.file if old and old.file != new.file else ""
    if new.release is None:
        return _half_known(old, new, moved)
    if old is None:
        return review.added(new.compiled(new.release), new.file, new.keys.__contains__)
    if old.release is None:
        note = "what was there before could not be read, so all of it is shown as new"
        return review.added(new.compiled(new.release), new.file, new.keys.__contains__, note=note)
    note = "what was there before was not right, and is compared all the same" if old.wrong else ""
    return review.compared(
        old.compiled(old.release),
        new.compiled(new.release),
        new.file,
        new.keys.__contains__,
        old_file=moved,
        note=note,
    )


def _gone(old: Side | None) -> Reviewed:
    if old is None or old.release is None:
        return review.Reviewed("deleted", old.file if old else "", "")
    return review.deleted(old.compiled(old.release), old.file)


def _half_known(old: Side | None, new: Side, moved: str) -> Reviewed:
    """Compare what is known of the new side; the rest counts as it was."""
    nothing = review.Reviewed("broken", new.file, "", old_file=moved)
    if old is None or old.release is None or old.case is None or new.case is None:
        return nothing
    profile = filled(new.case.profile, old.case.profile)
    case = Case(profile, lock=new.lock or old.lock)
    note = "what cannot be read counts as it was, and all else is compared"
    return review.compared(
        old.compiled(old.release),
        side(case.release, case.resolved),
        new.file,
        new.keys.__contains__,
        old_file=moved,
        note=note,
    )


def _broken(new: Side, found: Reviewed) -> Reviewed:
    """Say that a new side is not right, beside what it would change."""
    problems = tuple(
        f"line {finding.span.line}: {finding.check}" if finding.span else finding.check
        for finding in new.findings
        if stops(finding) and finding.check not in BETWEEN
    )
    problems += tuple(new.clashes)
    return replace(found, status="broken", problems=problems)
