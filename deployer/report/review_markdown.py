"""A review as Markdown, ready to be the comment of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.plan.changes import Change
from deployer.plan.diff import Diff, Explained
from deployer.plan.effects import RANK, Consequence, Effect
from deployer.plan.review import Review, Reviewed
from deployer.report.budget import Alarm, Piece, fitted
from deployer.report.markdown import ARROW, code, code_both, prose
from deployer.report.review_text import OTHERWISE, between

MARKER = "<!-- deployer-diff -->"
"""The first line: by it the comment is found again, to be updated in place."""

LIMIT = 65_000
"""Bytes; GitHub takes 65,536 characters."""

TITLE = f"{MARKER}\n### What this changes at run time\n\n"
NOTHING = f"{MARKER}\nNothing changes at run time.\n\n"
LEFT_OUT = (
    "\n_Left out, for this comment can be no longer: {}. "
    "`deployer diff --base BASE` shows everything._\n"
)
SECURITY = ("change that concerns security", "changes that concern security")
ALARM = Alarm(
    SECURITY,
    "**{} more of what concerns security is left out here. Nobody should approve this before "
    "looking at all of it: `deployer diff --base BASE`.**\n\n",
)
HEAD = "| what | old | new | what it leads to |\n|---|---|---|---|\n"
MARK = {"added": "added", "removed": "removed", "changed": "", "renamed": "renamed"}

SAME, DEFAULTS, CONTENTS, DETAILS, ROWS, GUARDED, SECTIONS, SUMMARY = 7, 6, 5, 4, 3, 2, 1, 0
"""The order in which pieces are left out: the names of what is the same first. What concerns
security is left out by its urgency over all profiles: the unknown of each before the known of any.
"""


def markdown(review: Review) -> str:
    """Write the comment: a line a profile, what was compared, then each in detail."""
    head = [Piece(TITLE if review.changed else NOTHING), *_summaries(review), *_scope(review)]
    if not review.changed:
        return fitted(head, LIMIT, LEFT_OUT, ALARM)
    sections = [p for place, one in enumerate(review.telling) for p in _section(one, place)]
    return fitted([*head, *sections], LIMIT, LEFT_OUT, ALARM)


def _summaries(review: Review) -> Iterator[Piece]:
    for place, one in enumerate(review.telling):
        yield Piece(_summary(one), (SUMMARY, place), ("profile", "profiles"))


def _scope(review: Review) -> Iterator[Piece]:
    """Say what was compared, and name those that are the same."""
    gap = "\n" if review.telling else ""
    yield Piece(f"{gap}{prose(review.scope[0].upper() + review.scope[1:])}.\n")
    for place, remark in enumerate(review.remarks):
        yield Piece(f"\n- **{prose(remark)}**\n", (SUMMARY, place), SECURITY)
    if review.same:
        yield Piece("\nThe same to the byte:\n")
    label = ("profile that is the same", "profiles that are the same")
    for place, one in enumerate(review.same):
        moved = f" (was {code(one.old_file)})" if one.old_file else ""
        yield Piece(f"- {code(one.file)}{moved}\n", (SAME, place), label)


def _summary(one: Reviewed) -> str:
    moved = f" (was {code(one.old_file)})" if one.old_file else ""
    return f"- **{code(one.file)}**{moved}: {prose(one.headline)}\n"


def _section(one: Reviewed, place: int) -> Iterator[Piece]:
    if one.status == "unchanged" and not (one.allowed or one.locked or one.evidence):
        return
    yield Piece(f"\n#### {code(one.file)}\n\n", (SECTIONS, place))
    yield Piece("".join(_remarks(one)), (SECTIONS, place))
    for number, (change, why, urgency) in enumerate(one.powers):
        line = f"- **security:** {_content(change)}: {prose(why)}\n"
        yield Piece(line, (GUARDED, urgency, place, number), SECURITY)
    if one.diff and one.diff.changes:
        yield from _changes(one.diff, place)
    if one.contents:
        body = "".join(f"- {_content(change)}\n" for change in one.contents)
        shown = _folded("All that it compiles to", body)
        yield Piece(shown, (CONTENTS, place), ("list of contents", "lists of contents"))


def _remarks(one: Reviewed) -> Iterator[str]:
    if one.problems:
        yield "It is not right, so `apply` refuses it. `deployer check` says more.\n\n"
    for problem in (*one.allowed, *one.problems, *one.clashes):
        yield f"- {prose(problem)}\n"
    for said in one.locked:
        yield f"- lock: {prose(said)}\n"
    for said in one.evidence:
        yield f"- evidence: {prose(said)}\n"
    if one.allowed or one.clashes or one.locked or one.evidence or (one.problems and one.diff):
        yield "\n"
    if one.facts:
        yield "| | |\n|---|---|\n"
    for name, value in one.facts:
        yield f"| {name} | {code(value, widest=300)} |\n"
    if one.note:
        yield f"\n{prose(one.note)}\n"


def _changes(diff: Diff, place: int) -> Iterator[Piece]:
    yield Piece(HEAD, (SECTIONS, place))
    for number, explained in enumerate(diff.changes):
        if explained.rank == RANK[Effect.SECURITY]:
            yield Piece(_row(explained), (GUARDED, explained.urgency, place, number), SECURITY)
        else:
            yield Piece(_row(explained), (ROWS, place, number), ("change", "changes"))
    if diff.capacity:
        yield Piece(f"\n{prose(diff.capacity.sentence)}.\n", (SECTIONS, place))
    if diff.replaces:
        yield Piece(f"\n{prose(diff.replaces)}.\n", (SECTIONS, place))
    body = "".join(map(_detail, diff.changes))
    details = _folded("Why, and what each of them is", body)
    yield Piece(details, (DETAILS, place), ("explanation", "explanations"))
    if diff.defaults:
        label = ("list of changed defaults", "lists of changed defaults")
        yield Piece(_defaults(diff), (DEFAULTS, place), label)


def _row(explained: Explained) -> str:
    change = explained.change
    kind = f" {MARK[change.kind]}" if MARK[change.kind] else ""
    key = f"<br>{code(change.key)}" if change.key != change.what else ""
    key += f"<br>{code(change.at)}" if change.at else ""
    labels = "; ".join(one.label for one in _telling(explained))
    old, new = code_both(change.old, change.new)
    cells = (f"{_what(change)}{kind}{key}", old, new, prose(labels))
    return f"| {' | '.join(cells)} |\n"


def _what(change: Change) -> str:
    was = f"{code(change.was)} {ARROW} " if change.was else ""
    return f"{_shape(change)}{was}{code(change.what)}"


def _shape(change: Change) -> str:
    return f"on {code(change.shape)}: " if change.shape else ""


def _telling(explained: Explained) -> tuple[Consequence, ...]:
    """Leave out that containers are new where that is not all: the section says it once."""
    found = explained.consequences
    return found[:-1] if len(found) > 1 and found[-1].effect is Effect.CONTAINERS else found


def _detail(explained: Explained) -> str:
    default = f" Default: {code(explained.default)}." if explained.default else ""
    about = f": {prose(explained.help)}." if explained.help else "."
    reasons = "".join(
        f"  - {prose(one.label)}: {prose(one.reason)}\n" for one in _telling(explained)
    )
    return f"- {_what(explained.change)}{about}{default}\n{reasons}"


def _content(change: Change) -> str:
    return f"{_shape(change)}{code(change.what)} {code(change.new)}"


def _defaults(diff: Diff) -> str:
    old, new = diff.versions
    rows = "".join(
        f"| {code(one.what)} | {code(one.old)} | {code(one.new)} | {prose(one.help)} |\n"
        for one in diff.defaults
    )
    title = f"{len(diff.defaults)} defaults that the profile does not state differ"
    if old == new:
        title = f"{OTHERWISE} ({len(diff.defaults)})"
    return _folded(f"{title}{between(prose(old), prose(new))}", f"{HEAD_DEFAULTS}{rows}")


HEAD_DEFAULTS = "| what | old | new | |\n|---|---|---|---|\n"


def _folded(title: str, body: str) -> str:
    return f"\n<details><summary>{title}</summary>\n\n{body}\n</details>\n"
