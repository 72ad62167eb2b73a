"""What is promised, what was measured, and what too little to tell comes to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deployer.measure.canary.score import Part, Score
from deployer.measure.gates import Gate, Held, Measured, gates, needs_load
from deployer.measure.reading import Told
from deployer.profile.sections.objectives import Objectives
from deployer.report.gates import text
from tests.measure.made import point


def held(objectives: Objectives, **measured: Any) -> Gate:
    (found,) = gates(objectives, Measured(**measured))
    return found


FAILED = ("OSError: gone",)


@pytest.mark.parametrize(
    ("bound", "firsts", "errors", "outcome", "why"),
    [
        (0.2, [0.1] * 80, (), Held.KEPT, "0.1 to 0.1 s with 95 % confidence"),
        (0.05, [0.1] * 80, (), Held.MISSED, "0.1 to 0.1 s with 95 % confidence"),
        (0.1001, [0.1] * 78 + [0.3] * 2, (), Held.KEPT, "too near to be sure"),
        (0.2, [0.1] * 58, (), Held.UNSEEN, "58 requests tell nothing of a 95th percentile"),
        (0.05, [0.1] * 58, (), Held.UNSEEN, "58 requests tell nothing of a 95th percentile"),
        (0.2, [0.1] * 80, FAILED * 5, Held.MISSED, "5 of 85 requests failed, more than 5 in 100"),
        (0.2, [0.1] * 80, FAILED * 3, Held.KEPT, "of 80 samples"),
        (0.2, [0.1] * 80, FAILED * 4, Held.UNSEEN, "4 of 84 requests failed"),
        (0.2, [0.1] * 78 + [0.3] * 2, FAILED * 3, Held.UNSEEN, "(p99 0.3 s)"),
        (0.05, [0.1] * 80, FAILED * 4, Held.MISSED, "of 80 samples"),
    ],
)
def test_a_percentile_is_judged_of_enough_requests_and_never_of_fewer(
    bound: float, firsts: list[float], errors: tuple[str, ...], outcome: Held, why: str
) -> None:
    found = held(Objectives(ttft_p95=bound), point=point(firsts, errors=errors))
    assert found.held is outcome
    assert why in found.why
    assert found.promised == f"{bound:g} s"


def test_pieces_are_judged_of_enough_requests_however_many_pieces_there_are() -> None:
    few = point([0.1] * 58)
    assert few.between is not None
    assert few.between.count > 59
    assert held(Objectives(itl_p95=0.02), point=few).held is Held.UNSEEN
    assert held(Objectives(itl_p95=0.02), point=point([0.1] * 80)).held is Held.KEPT
    assert held(Objectives(itl_p95=0.005), point=point([0.1] * 80)).held is Held.MISSED


@pytest.mark.parametrize(
    ("most", "right", "failed", "outcome"),
    [
        (0.01, 299, 0, Held.KEPT),
        (0.01, 298, 0, Held.UNSEEN),
        (0.05, 80, 0, Held.KEPT),
        (0.01, 99, 2, Held.MISSED),
        (0.0, 1000, 0, Held.UNSEEN),
        (0.0, 10, 1, Held.MISSED),
    ],
)
def test_few_failures_are_only_seen_in_many_requests(
    most: float, right: int, failed: int, outcome: Held
) -> None:
    found = held(Objectives(error_rate=most), point=point([0.1] * right, errors=FAILED * failed))
    assert found.held is outcome


def test_what_was_not_measured_is_neither_kept_nor_missed() -> None:
    every = Objectives(
        ttft_p95=1, itl_p95=1, error_rate=0.1, accept_length_min=2, cold_start=9, accuracy_min=0.5
    )
    found = gates(every, Measured())
    assert [gate.held for gate in found] == [Held.UNSEEN] * 6
    assert all(gate.why for gate in found)
    assert held(Objectives(accept_length_min=2), point=point()).held is Held.UNSEEN
    assert gates(Objectives(), Measured(point=point())) == ()


def test_accept_length_and_cold_start_are_held_to_their_bounds() -> None:
    fast = point(told=Told(accept_length=2.5))
    assert held(Objectives(accept_length_min=2.5), point=fast).held is Held.KEPT
    assert held(Objectives(accept_length_min=2.6), point=fast).held is Held.MISSED
    assert held(Objectives(cold_start=60), cold_start=60.0).held is Held.KEPT
    assert held(Objectives(cold_start=60), cold_start=60.1).held is Held.MISSED


SCORE = Score(
    name="demo", digest="a", model="m", questions="tiny", set_digest="s", started=2.0, right=70,
    asked=82, unanswered=0, parts=(Part("exact", 70, 82),), wrong=(),
)  # fmt: skip


def test_accuracy_is_held_to_its_floor_and_to_a_better_score_of_before() -> None:
    better = replace(SCORE, right=82, digest="b")
    found = gates(Objectives(accuracy_min=0.85), Measured(score=SCORE, before=better))
    assert [(gate.objective, gate.held) for gate in found] == [
        ("accuracy_min", Held.KEPT),
        ("accuracy", Held.MISSED),
    ]
    assert "p = 0.00016 (Fisher's exact test)" in found[1].why
    assert held(Objectives(accuracy_min=0.86), score=SCORE).held is Held.MISSED


def test_only_load_shows_some_objectives() -> None:
    assert not needs_load(Objectives(accuracy_min=0.5, cold_start=3))
    for stated in ({"ttft_p95": 1}, {"itl_p95": 1}, {"error_rate": 0}, {"accept_length_min": 1}):
        assert needs_load(Objectives.model_validate(stated, strict=False))


def test_the_text_tells_promised_and_measured() -> None:
    said = text(gates(Objectives(ttft_p95=0.05, cold_start=9), Measured(point=point([0.1] * 80))))
    assert said == (
        "  ttft_p95    MISSED: promised 0.05 s, measured 0.1 s (of 80 samples, 0.1 to 0.1 s with "
        "95 % confidence)\n"
        "  cold_start  not seen: promised 9 s, not measured (how long the start took is "
        "told by nobody)\n"
    )
