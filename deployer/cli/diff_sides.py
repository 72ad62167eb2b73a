"""From the two texts of a profile to what their difference means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.check.run import load_checked
from deployer.cli.reading import counts, stops
from deployer.compile.release import compile_profile
from deployer.plan import review
from deployer.profile.source import format_path

if TYPE_CHECKING:
    from deployer.cli.git_profiles import Pair, Text
    from deployer.finding import Finding
    from deployer.plan.review import Review, Reviewed
    from deployer.release import Release


@dataclass(frozen=True, slots=True)
class Side:
    """One side, read and checked; ``release`` is None where it could not be read."""

    file: str
    release: Release | None
    findings: tuple[Finding, ...]
    keys: frozenset[str]

    @property
    def wrong(self) -> bool:
        """Whether it has errors."""
        return any(stops(finding) for finding in self.findings)


def reviewed(pairs: list[Pair]) -> tuple[Review, list[Finding]]:
    """Compare each pair; the findings are those of the new sides, without notes on them."""
    found: list[Reviewed] = []
    findings: list[Finding] = []
    for pair in pairs:
        old, new = (None if text is None else _side(text) for text in (pair.old, pair.new))
        found.append(_reviewed(old, new))
        findings += [one for one in (new.findings if new else ()) if counts(one)]
    return review.review(found), findings


def _side(text: Text) -> Side:
    loaded, findings = load_checked(text.text, text.file)
    return Side(
        file=text.file,
        release=compile_profile(loaded.profile) if loaded.profile else None,
        findings=findings,
        keys=frozenset(format_path(path) for path in loaded.source.places),
    )


def _reviewed(old: Side | None, new: Side | None) -> Reviewed:
    if new is None:
        return _gone(old)
    moved = old.file if old and old.file != new.file else ""
    if new.release is None or new.wrong:
        return _broken(new, moved)
    if old is None:
        return review.added(new.release, new.file, new.keys.__contains__)
    if old.release is None:
        note = "what was there before could not be read, so all of it is shown as new"
        return review.added(new.release, new.file, new.keys.__contains__, note=note)
    note = "what was there before was not right, and is compared all the same" if old.wrong else ""
    return review.compared(
        old.release, new.release, new.file, new.keys.__contains__, old_file=moved, note=note
    )


def _gone(old: Side | None) -> Reviewed:
    if old is None or old.release is None:
        return review.Reviewed("deleted", old.file if old else "", "")
    return review.deleted(old.release, old.file)


def _broken(new: Side, moved: str) -> Reviewed:
    problems = tuple(
        f"line {finding.span.line}: {finding.check}" if finding.span else finding.check
        for finding in new.findings
        if stops(finding)
    )
    name = new.release.name if new.release else ""
    return review.Reviewed("broken", new.file, name, old_file=moved, problems=problems)
