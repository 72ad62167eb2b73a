"""What an author allows: ``# deployer: allow[id] reason`` at the line of a finding, or above it.

A comment beside a value is about the findings of its line; one that stands alone is about the next
line that says anything. Several ids are separated by commas. Nothing is allowed without a reason,
and what keeps a profile from being read cannot be allowed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from deployer.check.choice import near
from deployer.finding import Finding, Severity, Span
from deployer.late import compile_pattern
from deployer.profile.comments import Comment, comments
from deployer.profile.source import START, Source

WITHOUT_REASON = "allow-without-reason"
UNKNOWN = "allow-unknown"
UNUSED = "allow-unused"

_MARK = "deployer:"
_ALLOW = compile_pattern(
    r"(?:^|(?<=\s))#\s*deployer:\s*allow\b(?:\[(?P<ids>[^\]]*)\])?[\s:]*(?P<reason>.*)"
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """One comment: the ids that it allows, why, the line that it is about, and where it stands."""

    ids: tuple[str, ...]
    reason: str
    line: int
    span: Span


def stated(source: Source) -> Counter[tuple[str, str]]:
    """Count what the comments of a text allow: pairs of an id and the reason for it."""
    return Counter(
        (one, each.reason)
        for part in source.files
        for each in _allowances(part)
        for one in each.ids
    )


def written_at(source: Source) -> Mapping[int, tuple[str, ...]]:
    """Give the comments of one file that allow something, by the line that each is about."""
    found: dict[int, tuple[str, ...]] = {}
    for each in _allowances(source):
        if each.ids and each.reason:
            comment = f"# deployer: allow[{', '.join(each.ids)}] {each.reason}"
            found[each.line] = (*found.get(each.line, ()), comment)
    return found


def settled(
    found: Sequence[Finding], source: Source, known: frozenset[str], ran: frozenset[str]
) -> tuple[Finding, ...]:
    """Mark what the author allows, and add what is wrong with the allowances themselves.

    ``known`` are the ids that may be allowed; ``ran`` those that were looked for this time: only
    an allowance of these can be called unused. What a profile extends is used by others, too, and
    what is laid over a value takes its findings away: of several layers nothing is called unused.
    """
    ran = frozenset() if source.parts else ran
    for part in source.files:
        found = _settled(found, part, known, ran)
    return tuple(found)


def _settled(
    found: Sequence[Finding], source: Source, known: frozenset[str], ran: frozenset[str]
) -> Sequence[Finding]:
    """Do so for the comments of one file."""
    allowances = _allowances(source)
    if not allowances:
        return found
    marked = tuple(
        _marked(each, allowances, source)
        if each.check in known and each.file == source.file
        else each
        for each in found
    )
    told = [one for each in allowances for one in _faults(each, marked, source, known, ran)]
    return (*marked, *(source.located(finding) for finding in told))


def _allowances(source: Source) -> list[Allowance]:
    if not any(_MARK in line for line in source.lines):  # what most profiles come to
        return []
    found = ((comment, _ALLOW.search(comment.text)) for comment in comments(source))
    return [_allowance(comment, match, source) for comment, match in found if match]


def _allowance(comment: Comment, match: re.Match[str], source: Source) -> Allowance:
    ids = (one.strip() for one in (match["ids"] or "").split(","))
    start, end = (comment.column + offset for offset in match.span())
    return Allowance(
        ids=tuple(dict.fromkeys(one for one in ids if one)),
        reason=match["reason"].strip(),
        line=_says(source, comment.line),
        span=Span(comment.line, start, comment.line, end),
    )


def _says(source: Source, line: int) -> int:
    """Give the first line from this one on that is neither empty nor a comment alone."""
    lines = enumerate(source.lines[line - 1 :], line)
    return next((n for n, text in lines if text.strip() and not text.lstrip().startswith("#")), 0)


def _covers(allowance: Allowance, finding: Finding, source: Source) -> bool:
    span = finding.span or START
    here = allowance.line == _says(source, span.line)
    return here and bool(allowance.reason) and finding.check in allowance.ids


def _marked(finding: Finding, allowances: Iterable[Allowance], source: Source) -> Finding:
    reasons = (each.reason for each in allowances if _covers(each, finding, source))
    return replace(finding, allowed=next(reasons, ""))


def _faults(
    allowance: Allowance,
    found: Sequence[Finding],
    source: Source,
    known: frozenset[str],
    ran: frozenset[str],
) -> Iterator[Finding]:
    """Say what is wrong with one comment."""
    if not allowance.ids:
        message = "this allows nothing: no id stands in brackets"
        yield _fault(UNKNOWN, message, "write `# deployer: allow[id] reason`", allowance)
    elif not allowance.reason:
        message = "this says no reason, so it allows nothing"
        yield _fault(WITHOUT_REASON, message, "say after the bracket why it is right", allowance)
    for one in allowance.ids:
        if one not in known:
            yield _fault(
                UNKNOWN, f"`{one}` is no check that can be allowed", _meant(one, known), allowance
            )
        elif (
            allowance.reason
            and one in ran
            and not _elsewhere(allowance, source)
            and not _used(allowance, one, found, source)
        ):
            message = f"`{one}` finds nothing at line {allowance.line}, so it allows nothing"
            yield _fault(UNUSED, message, "take it out", allowance)


def _elsewhere(allowance: Allowance, source: Source) -> bool:
    """Whether it is about what holds in an environment only, which is looked at by itself."""
    place = source.places.get(("environments",))
    if place is None or place.key is None:
        return False
    return place.key.line <= allowance.line <= place.value.end_line


def _meant(wrong: str, known: Iterable[str]) -> str:
    close = " or ".join(f"`{one}`" for one in near(wrong, known))
    return f"did you mean {close}?" if close else "`deployer explain` lists them"


def _used(allowance: Allowance, one: str, found: Iterable[Finding], source: Source) -> bool:
    return any(each.check == one and _covers(allowance, each, source) for each in found)


def _fault(check: str, message: str, hint: str, allowance: Allowance) -> Finding:
    severity = Severity.ERROR if check == WITHOUT_REASON else Severity.WARNING
    return Finding(check, severity, "", message, hint, span=allowance.span)
