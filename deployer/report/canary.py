"""A score as text for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.codec import encode
from deployer.measure.canary.score import SURE, Score
from deployer.report.bench import moment
from deployer.report.envelope import envelope
from deployer.report.rows import counted, row
from deployer.visible import visible

SHOWN = 10
"""Wrong answers that the text shows; JSON has all."""


def text(score: Score, before: Score | None, least: float | None) -> str:
    """Write the score, what it is held to, and what went wrong."""
    return "".join(f"{line}\n" for line in _lines(score, before, least))


def to_json(score: Score, before: Score | None, least: float | None) -> str:
    """Write everything that the text says, and all wrong answers."""
    former = None if before is None else encode(before)
    chance = None if before is None else score.chance(before)
    low, high = score.interval
    return envelope(
        {
            "score": encode(score),
            "share": score.share,
            "interval": [low, high],
            "least": least,
            "before": former,
            "chance": chance,
            "worse": before is not None and score.worse(before),
        }
    )


def right(score: Score) -> str:
    """Write how many were right, and between what that bounds the share."""
    low, high = score.interval
    of = f"{score.right} of {score.asked}"
    return f"{of} right, {score.share:.1%} (95 % confidence: {low:.1%} to {high:.1%})"


def _lines(score: Score, before: Score | None, least: float | None) -> Iterator[str]:
    what = f"release {score.digest[:12]}" if score.digest else "of a release that is not known"
    yield f"{visible(score.name)}: {right(score)}"
    yield from row("served", f"{visible(score.model)}, {what}")
    parts = ", ".join(f"{part.kind} {part.right} of {part.asked}" for part in score.parts)
    yield from row("questions", f"{score.questions}: {parts}")
    for why in score.left_out:
        yield from row("left out", why)
    if score.unanswered:
        yield from row("unanswered", counted(score.unanswered, "question"))
    if least is not None:
        word = "kept" if score.share >= least else "MISSED"
        near = score.interval[0] < least <= score.interval[1]
        within = ", within what so few questions tell apart" if near else ""
        yield from row("promised", f"{least:.1%}: {word}{within}")
    if before is not None:
        yield from row("before", _before(score, before))
    for wrong in score.wrong[:SHOWN]:
        yield from row("wrong", visible(f"{wrong.question}: {wrong.why}"))
    if len(score.wrong) > SHOWN:
        yield from row("wrong", f"{len(score.wrong) - SHOWN} more, which --format json shows")


def _before(score: Score, before: Score) -> str:
    chance = score.chance(before)
    best = (
        f"{before.right} of {before.asked}, release {before.digest[:12]}, {moment(before.started)}"
    )
    if chance is None:
        return best
    said = f"p = {chance:.2g}" if chance >= 1e-4 else "p < 0.0001"  # noqa: PLR2004 - four digits
    if chance < SURE:
        return f"{best}; it is WORSE now ({said}, Fisher's exact test)"
    return f"{best}; no difference that chance does not make ({said}, Fisher's exact test)"
