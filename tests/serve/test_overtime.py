"""Budgets of a start's stages: each that is passed is told while it starts, and once."""

from __future__ import annotations

from typing import get_args

import pytest

from deployer.diagnose.boot import TOTAL, Allowed, Late
from deployer.diagnose.recorder import Recorder
from deployer.diagnose.stages import WORDS, Mark
from deployer.profile.sections.lifecycle import StageName
from deployer.serve import overtime
from deployer.serve.overtime import Overtime
from tests.diagnose.test_boot import Clock

from .living import wait_for


def test_what_is_passed_is_told_at_once_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overtime, "LOOK_EVERY", 0.005)
    clock, told = Clock(), list[Late]()
    recorder = Recorder(clock)
    budgets = [Allowed("weights", 30), Allowed("graphs", 5), Allowed("pool", 1), Allowed(TOTAL, 45)]
    with (found := Overtime(budgets, recorder, told.append)):
        recorder.mark(Mark("weights", begins=True), "TP0")
        clock.now += 20
        recorder.mark(Mark("weights", begins=False), "TP0")
        clock.now += 10
        recorder.mark(Mark("weights", begins=True), "TP0")  # a draft's
        assert found.took("weights") == (20.0, 30.0)
        assert found.took("http") == (0.0, 0.0)
        clock.now += 11  # it goes on
        wait_for(lambda: told)
        assert told == [Late("weights", 31.0, 30.0)]
        recorder.mark(Mark("graphs", begins=True), "TP0")
        clock.now += 3
        recorder.end()
        clock.now += 2
    assert told == [Late("weights", 31.0, 30.0), Late(TOTAL, 46.0, 45.0)]


def test_without_a_budget_nobody_looks() -> None:
    found = Overtime((), Recorder(Clock()), lambda _: pytest.fail("told of nothing"))
    with found:
        assert not found._thread.is_alive()


def test_each_stage_of_a_start_may_have_one() -> None:
    assert sorted(get_args(StageName)) == sorted(set(WORDS) - {"serving", "drain"})
