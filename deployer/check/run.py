"""Run every check over a profile and place what it finds."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from deployer.behaviour.stated import UnsoundError
from deployer.check.across.catalogue import ACROSS
from deployer.check.across.identity import Siblings, identity, identity_of
from deployer.check.across.rule import Across
from deployer.check.allow import settled
from deployer.check.catalogue import RULES
from deployer.check.flags import on_another_release
from deployer.check.locked import with_lock
from deployer.check.rule import Mitigation, Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.catalogue import Catalogue
from deployer.finding import Finding, Severity
from deployer.lock.lock import FoundLock
from deployer.profile.layers import Text
from deployer.profile.load import Loaded, load_profile
from deployer.profile.model import Profile
from deployer.profile.partial import is_unknown, known
from deployer.profile.source import Path, Source, format_path

INFERRED = "upstream does not say so"
"""Said of every remedy that is an inference."""


UNREAD = "sibling-not-read"
MOST_OTHERS = 100
"""Other files that are counted: of thousands that share a port, each would count thousands."""

BETWEEN = frozenset(rule.name for rule in ACROSS)


class Stopping(Container[str]):
    """The ids of all that may stop a command: all but those of checks that warn or note."""

    def __init__(self) -> None:
        self._others = {rule.name for rule in RULES if rule.severity is not Severity.ERROR}

    def __contains__(self, name: object) -> bool:
        """Whether what has this id may stop."""
        return name not in self._others


@dataclass(frozen=True, slots=True)
class Judged:
    """A profile's text, read and checked; ``case`` is what of it is known, None for nothing."""

    loaded: Loaded[Profile]
    findings: tuple[Finding, ...]
    case: Case | None = None

    @property
    def whole(self) -> Case | None:
        """The profile; None where a part of it is not known."""
        return self.case if self.loaded.profile is not None else None


def judge(
    text: Text,
    file: str,
    kept: Container[str] | None = None,
    also_on: Catalogue | None = None,
    siblings: Siblings | None = None,
    beside: FoundLock | None = None,
) -> Judged:
    """Read a profile's text, and give it with all that loader and checks find.

    ``beside`` is its lock, None where nobody looked for one; without one, what is shipped of its
    repositories is known. ``kept`` are the
    ids of the checks to run, all where it is None. ``also_on`` is a release that reads the command
    for the profile's own release as well. ``siblings`` are the profiles beside it, None where
    nobody looked for them. What the author allows is marked (:attr:`Finding.allowed`), and what is
    wrong with an allowance found, too.

    A profile that is not right is checked as far as it is known, so that all is told at once.
    """
    loaded = load_profile(text, file)
    profile = loaded.profile or loaded.partial
    if profile is None:
        return Judged(loaded, loaded.findings)
    case, of_lock = with_lock(Case(profile), beside, file)
    case, of_others = _with_others(case, text, loaded.source, kept, beside)
    rules = [rule for rule in RULES if kept is None or rule.name in kept]
    judged = {rule.name: _judged(rule, case, loaded.source) for rule in rules}
    found = tuple(finding for each in judged.values() for finding in each.findings)
    if also_on is not None and loaded.profile and also_on.version != profile.engine.version:
        found += check_on(also_on, case, loaded.source)
    ran = frozenset(name for name, each in judged.items() if each.whole)
    if siblings is not None:
        between = [rule for rule in ACROSS if kept is None or rule.name in kept]
        found += check_across(text, loaded.source, siblings, between)
        if not siblings.unread:
            ran |= {rule.name for rule in between}
    allowable = frozenset(rule.name for rule in RULES if not rule.firm) | BETWEEN
    found = settled(found, loaded.source, allowable, ran)
    told = [finding for finding in found if kept is None or finding.check in kept]
    others = (*of_lock, *of_others)
    told += [loaded.source.located(one) for one in others if kept is None or one.check in kept]
    findings = tuple(sorted((*loaded.findings, *told), key=_position))
    return Judged(loaded, findings, case)


def _with_others(
    case: Case,
    text: Text,
    source: Source,
    kept: Container[str] | None,
    beside: FoundLock | None,
) -> tuple[Case, tuple[Finding, ...]]:
    """Give a profile with those that it falls back to; its lock says what their names mean."""
    modal = known(lambda: case.profile.modal)
    if modal is None or not known(lambda: modal.fallback):
        return case, ()
    from deployer.check.shapes import with_others  # noqa: PLC0415 - few profiles name others

    return with_others(
        case, text, source, lambda its, its_file: judge(its, its_file, kept, beside=beside)
    )


def load_checked(
    text: Text, file: str, kept: frozenset[str] | None = None, siblings: Siblings | None = None
) -> tuple[Loaded[Profile], tuple[Finding, ...]]:
    """Judge a profile's text for those who need no more than what was read and found."""
    found = judge(text, file, kept, siblings=siblings)
    return found.loaded, found.findings


def check(case: Case, source: Source, rules: Iterable[Rule] = RULES) -> tuple[Finding, ...]:
    """Give what the checks find, in the order of the file."""
    found = [each for rule in rules for each in _judged(rule, case, source).findings]
    return tuple(sorted(found, key=_position))


def check_on(catalogue: Catalogue, case: Case, source: Source) -> tuple[Finding, ...]:
    """Give what another release would say to the command that the profile compiles to now."""
    found = [
        _placed(fault.kind, fault.severity, problem, source)
        for fault, problem in on_another_release(catalogue, case)
    ]
    return tuple(sorted(found, key=_position))


@dataclass(frozen=True, slots=True)
class _Judged:
    """What one check found; ``whole`` where it knew all that it asked for."""

    findings: tuple[Finding, ...]
    whole: bool


def _judged(rule: Rule, case: Case, source: Source) -> _Judged:
    """Run a check, up to the first part of the profile that is not known."""
    found: list[Finding] = []
    try:
        for finding in _by_rule(rule, case, source):
            found.append(finding)  # noqa: PERF402 - what was found before the unknown part counts
    except UnsoundError:
        return _Judged(tuple(found), whole=False)
    except AttributeError as error:
        if not is_unknown(error):
            raise
        return _Judged(tuple(found), whole=False)
    return _Judged(tuple(found), whole=True)


def check_across(
    text: Text, source: Source, siblings: Siblings, rules: Iterable[Across] = ACROSS
) -> tuple[Finding, ...]:
    """Give what a profile takes that another one takes, too, and which were not looked at."""
    sound = source.complete and not source.findings
    own = identity_of(source.value, source.file) if sound else identity(text, source.file)
    if own is None:
        return ()
    found = [
        replace(_placed(rule.name, rule.severity, problem, source), link=rule.link)
        for rule in rules
        for problem in _told_once(
            p for other in siblings.sharing(rule.taken, own) for p in rule.find(own, other)
        )
    ]
    if siblings.unread:
        found.append(source.located(_unread(siblings.unread)))
    return tuple(found)


def _told_once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Tell what is at one key once, and count the other files that have it, too."""
    at: dict[Path, list[Problem]] = {}
    for problem in islice(problems, MOST_OTHERS + 1):
        at.setdefault(problem.path, []).append(problem)
    for first, *more in at.values():
        few = len(more) < MOST_OTHERS
        files = f"{len(more)} more file{'' if len(more) == 1 else 's'}"
        files = files if few else f"at least {files}"
        message = f"{first.message} (and {files})" if more else first.message
        yield replace(first, message=message)


def _unread(files: tuple[str, ...]) -> Finding:
    message = f"not compared with {', '.join(files)}, which cannot be read"
    hint = "mend what `deployer check` says of it: whether it takes the same name is not known"
    return Finding(UNREAD, Severity.NOTE, "", message, hint)


def _by_rule(rule: Rule, case: Case, source: Source) -> Iterator[Finding]:
    """Give what a check finds where it holds, and after its range that its remedy is stale."""
    if rule.holds(case):
        for problem in rule.find(case):
            yield _of_rule(rule, problem, source)
    elif rule.mitigation is not None and rule.past(case):
        stated = rule.mitigation.stated(case)
        if stated is not None and source.written(stated.path):
            yield _stale(rule, rule.mitigation, stated.path, source)


def _stale(rule: Rule, mitigation: Mitigation, path: Path, source: Source) -> Finding:
    problem = Problem(
        path,
        f"this mitigation is stale since {rule.engines.before}: {mitigation.name}",
        "take it out once you have measured that nothing else needs it",
        hides_line=rule.hides_line,
    )
    return replace(_placed(rule.name, Severity.NOTE, problem, source), link=rule.link)


def _of_rule(rule: Rule, problem: Problem, source: Source) -> Finding:
    hides = rule.hides_line or problem.hides_line
    hint = problem.hint
    if rule.inferred and INFERRED not in f"{problem.message} {hint}":
        hint = f"{hint} ({INFERRED})"
    told = replace(problem, hint=hint, hides_line=hides)
    found = _placed(rule.name, rule.severity, told, source)
    return replace(found, link=rule.link)


def _placed(check_name: str, severity: Severity, problem: Problem, source: Source) -> Finding:
    finding = source.located(
        Finding(
            check=check_name,
            severity=severity,
            path=format_path(problem.path),
            message=problem.message,
            hint=problem.hint,
        )
    )
    return replace(finding, source_line="") if problem.hides_line else finding


def _position(finding: Finding) -> tuple[str, int, int, str]:
    span = finding.span
    line, column = (span.line, span.column) if span else (0, 0)
    return finding.file, line, column, finding.check
