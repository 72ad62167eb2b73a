"""A review as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.plan.diff import Diff
from deployer.plan.effects import Effect
from deployer.plan.review import Review, Reviewed
from deployer.report import changes
from deployer.visible import visible

NOTHING = "Nothing changes at run time"
SHOWN_DEFAULTS = 40
"""Changed defaults that are listed; JSON has all."""


def text(review: Review) -> str:
    """Write a block for each profile that differs, and what was compared."""
    blocks = ["\n".join(_block(one)) + "\n" for one in review.telling]
    scope = "".join(f"{line}\n" for line in _scope(review))
    if not review.changed:
        return f"{NOTHING}: {scope}{''.join(blocks)}"
    return "\n".join([*blocks, f"{scope[0].upper()}{scope[1:]}"])


def _scope(review: Review) -> Iterator[str]:
    """Say what was compared, and name those that are the same."""
    yield visible(review.scope)
    for remark in review.remarks:
        yield f"  {visible(remark)}"
    for one in review.same:
        moved = f" (was {visible(one.old_file)})" if one.old_file else ""
        yield f"  the same to the byte: {visible(one.file)}{moved}"


def explained(diff: Diff) -> Iterator[str]:
    """Give the lines of each change: what, its key, what it is, and what it leads to."""
    for one in diff.changes:
        yield changes.line(one.change)
        about = "; ".join(
            part for part in (one.help, one.default and f"default: {one.default}") if part
        )
        if about:
            yield f"      {about}"
        for consequence in one.consequences:
            if consequence.effect is not Effect.CONTAINERS or len(one.consequences) == 1:
                yield f"      {consequence.label}: {consequence.reason}"


OTHERWISE = "What the engine decides otherwise"
"""The title of decisions that differ within one release."""


def between(old: str, new: str) -> str:
    """Say between which releases, where there are two."""
    return "" if old == new else f" between {old} and {new}"


def defaults(diff: Diff) -> Iterator[str]:
    """Give the lines of the defaults that differ; none where none does."""
    if not diff.defaults:
        return
    old, new = diff.versions
    yield f"  {'Defaults that differ' if old != new else OTHERWISE}{between(old, new)}:"
    for one in diff.defaults[:SHOWN_DEFAULTS]:
        yield f"    {one.what}  {one.old} -> {one.new}"
    if len(diff.defaults) > SHOWN_DEFAULTS:
        yield f"    and {len(diff.defaults) - SHOWN_DEFAULTS} more (--format json has all)"


def _block(one: Reviewed) -> Iterator[str]:
    moved = f" (was {visible(one.old_file)})" if one.old_file else ""
    yield f"{visible(one.file)}{moved}: {one.headline}"
    if one.note:
        yield f"  note: {visible(one.note)}"
    for said in one.allowed:
        yield f"  {visible(said)}"
    for name, told in (("lock", one.locked), ("evidence", one.evidence)):
        yield from (f"  {name}: {visible(said)}" for said in told)
    for problem in one.problems:
        yield f"  {visible(problem)}"
    for clash in one.clashes:
        yield f"  {visible(clash)}"
    for name, value in one.facts:
        yield f"  {name:<8} {value}"
    for change, why, _ in one.powers:
        yield f"  security {changes.line(change).strip()}: {why}"
    if one.diff and one.diff.changes:
        yield from explained(one.diff)
        if one.diff.capacity:
            yield f"  {one.diff.capacity.sentence}"
        yield f"  {one.diff.replaces}"
        yield from defaults(one.diff)
