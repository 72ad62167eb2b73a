"""Whether what was measured keeps what a profile promises; too little to tell keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from deployer.measure.canary.score import Score
from deployer.measure.chance import at_most
from deployer.measure.load import ENOUGH
from deployer.measure.point import Point, Spread
from deployer.profile.sections.objectives import Objectives

LATE = 0.05
"""The share of requests that a 95th percentile leaves out: who failed is one of them."""

KNOWN = 0.99
"""The highest percentile of the answered requests that a point holds."""


class Held(StrEnum):
    """What became of an objective; ``UNSEEN`` is one of which nothing told."""

    KEPT = "kept"
    MISSED = "missed"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Gate:
    """An objective by its key, what was promised and what was measured, in words.

    ``measured`` is '' where nothing was. ``why`` says what that rests on, or why nothing could be
    told.
    """

    objective: str
    held: str
    promised: str
    measured: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What there is to judge by; None is what was not measured. ``cold_start`` is in seconds."""

    point: Point | None = None
    score: Score | None = None
    before: Score | None = None
    cold_start: float | None = None


def gates(objectives: Objectives, measured: Measured) -> tuple[Gate, ...]:
    """Judge each objective that is stated, and the score against a better one of before."""
    return tuple(_gates(objectives, measured))


def needs_load(objectives: Objectives) -> bool:
    """Whether an objective is stated that only load shows."""
    stated = (objectives.ttft_p95, objectives.itl_p95, objectives.error_rate)
    return any(each is not None for each in (*stated, objectives.accept_length_min))


def _gates(objectives: Objectives, measured: Measured) -> Iterator[Gate]:
    point = measured.point
    for name, bound in (("ttft_p95", objectives.ttft_p95), ("itl_p95", objectives.itl_p95)):
        if bound is not None:
            yield _percentile(name, bound, point)
    if objectives.error_rate is not None:
        yield _errors(objectives.error_rate, point)
    if (least := objectives.accept_length_min) is not None:
        found = point.accept_length if point else None
        why = "" if found is not None else "the engine's metrics tell no accept length"
        yield _gate("accept_length_min", f"at least {least:g}", found, f"{found or 0:.2f}", why,
                    kept=found is not None and found >= least)  # fmt: skip
    if (most := objectives.cold_start) is not None:
        found = measured.cold_start
        why = "" if found is not None else "how long the start took is told by nobody"
        yield _gate("cold_start", f"{most:g} s", found, f"{found or 0:.1f} s", why,
                    kept=found is not None and found <= most)  # fmt: skip
    yield from _accuracy(objectives.accuracy_min, measured.score, measured.before)


def _gate(name: str, promised: str, found: object, words: str, why: str, *, kept: bool) -> Gate:
    if found is None:
        return Gate(name, Held.UNSEEN, promised, "", why)
    return Gate(name, Held.KEPT if kept else Held.MISSED, promised, words, why)


def _percentile(name: str, bound: float, point: Point | None) -> Gate:
    promised = f"{bound:g} s"
    if point is None:
        return Gate(name, Held.UNSEEN, promised, "", "no load was put on it")
    number = point.completed + point.failed
    spread = point.first_token if name == "ttft_p95" else point.between
    if spread is None:
        return Gate(name, Held.UNSEEN, promised, "", "no answer had a token after its first")
    if number < ENOUGH:
        why = f"{number} requests tell nothing of a 95th percentile ({ENOUGH} would)"
        return Gate(name, Held.UNSEEN, promised, _seconds(spread), why)
    if point.error_rate > LATE:
        why = f"{point.failed} of {number} requests failed, more than 5 in 100"
        return Gate(name, Held.MISSED, promised, "beyond any bound", why)
    held = Held.KEPT if spread.p95 <= bound * 1000 else Held.MISSED
    # Of all requests it is a higher percentile of those that were answered.
    known = (1 - LATE) / (1 - point.error_rate) <= KNOWN and spread.p99 <= bound * 1000
    if held is Held.KEPT and point.failed and not known:
        why = f"{point.failed} of {number} requests failed, and later ones (p99 "
        why += f"{spread.p99 / 1000:.3g} s) count in their place: too little tells of it"
        return Gate(name, Held.UNSEEN, promised, _seconds(spread), why)
    return Gate(name, held, promised, _seconds(spread), _bounds(spread, bound))


def _bounds(spread: Spread, bound: float) -> str:
    requests = f"of {spread.count} samples"
    if spread.low is None or spread.high is None:
        return requests
    between = f"{requests}, {spread.low / 1000:.3g} to {spread.high / 1000:.3g} s"
    near = spread.low <= bound * 1000 <= spread.high
    words = f"{between} with 95 % confidence"
    return f"{words}: too near to be sure" if near else words


def _seconds(spread: Spread | None) -> str:
    return "" if spread is None else f"{spread.p95 / 1000:.3g} s"


def _errors(most: float, point: Point | None) -> Gate:
    promised = f"{most:.3%} at most"
    if point is None:
        return Gate("error_rate", Held.UNSEEN, promised, "", "no load was put on it")
    number = point.completed + point.failed
    measured = f"{point.failed} of {number}"
    if point.error_rate > most:
        return Gate("error_rate", Held.MISSED, promised, measured)
    shown = at_most(point.failed, number)
    if shown > most:
        why = f"{measured} shows no more than a rate below {shown:.2%} (95 % confidence)"
        return Gate("error_rate", Held.UNSEEN, promised, measured, why)
    return Gate("error_rate", Held.KEPT, promised, measured)


def _accuracy(least: float | None, score: Score | None, before: Score | None) -> Iterator[Gate]:
    if least is not None:
        promised = f"{least:.1%} at least"
        if score is None:
            why = "no question was asked"
            yield Gate("accuracy_min", Held.UNSEEN, promised, "", why)
        else:
            low, high = score.interval
            why = f"{score.right} of {score.asked}, {low:.1%} to {high:.1%} with 95 % confidence"
            held = Held.KEPT if score.share >= least else Held.MISSED
            yield Gate("accuracy_min", held, promised, f"{score.share:.1%}", why)
    chance = score.chance(before) if score and before else None
    if score is not None and before is not None and chance is not None:
        held = Held.MISSED if score.worse(before) else Held.KEPT
        promised = f"no worse than {before.right} of {before.asked}"
        why = f"release {before.digest[:12]}; p = {chance:.2g} (Fisher's exact test)"
        yield Gate("accuracy", held, promised, f"{score.right} of {score.asked}", why)
