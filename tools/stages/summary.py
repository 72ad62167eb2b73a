"""What was run and what was skipped, for the end of the output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tools.stages.stage import Outcome


def summary(outcomes: Sequence[Outcome], left: Iterable[str], unrun: Iterable[str]) -> str:
    """Give the text; its last line is `N passed, N failed, N skipped` over all stages."""
    lines = [line for outcome in outcomes for line in _stage(outcome)]
    lines += [f"stage {name}: not run" for name in unrun]
    lines += [f"left behind, and ended now: {title}" for title in left]
    passed = sum(each.passed for each in outcomes)
    failed = sum(each.failed + len(each.problems) for each in outcomes)
    skipped = sum(each.skipped.total() for each in outcomes)
    return "\n".join([*lines, f"{passed} passed, {failed} failed, {skipped} skipped"])


def _stage(outcome: Outcome) -> Iterator[str]:
    counts = f"{outcome.passed:,} passed"
    if outcome.failed:
        counts += f", {outcome.failed:,} failed"
    if outcome.skipped:
        counts += f", {outcome.skipped.total():,} skipped"
    yield (
        f"stage {outcome.name}: {counts} in {outcome.seconds:.0f} s ({outcome.cpu:.0f} s of CPU)"
    )
    for reason, many in sorted(outcome.skipped.items()):
        yield f"    skipped {many}: {reason}"
    for loops, name in outcome.heavy:
        yield f"    heavy, {loops} loops: {name}"
    for problem in outcome.problems:
        yield f"    failed: {problem}"
