"""The policy of liveness: histories by hand, random ones that know the truth, and faults of it."""

from __future__ import annotations

import itertools
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from deployer.serve import liveness
from deployer.serve.liveness import TABLE, Account, Liveness, Observation, Rank, State, Verdict
from deployer.serve.pulse import Pulse
from tests.volume import VOLUME

from .histories import BUDGET, make, wrong

HISTORIES = {"fast": 60, "ci": 1000, "thorough": 10_000}[VOLUME]
"""Random histories; ten thousand of them take a minute and a half."""

BUSY = Rank(running=3)
FREE = Rank()


class Watched:
    """A policy with a clock that goes on by half a second a look."""

    def __init__(self) -> None:
        self.policy = Liveness(BUDGET)
        self.at = 1000.0
        self.states: list[str] = []

    def look(self, seconds: float = 0.5, **seen: Any) -> Verdict:
        end = self.at + seconds
        verdict = Verdict("idle", "")
        while self.at < end:
            self.at += 0.5
            verdict = self.policy.observe(Observation(self.at, **seen))
            if verdict.state not in self.states[-1:]:
                self.states.append(verdict.state)
        return verdict


def flying(requests: int = 3, *, size: int = 0) -> Pulse:
    return Pulse(0.0, ready=True, requests=requests, in_flight=requests, bytes=size)


def counted(rank: Rank = BUSY, *, delivered: float = 0.0) -> Account:
    return Account(delivered, (rank,))


def test_streams_whose_bytes_move_are_alive_and_nobody_is_asked() -> None:
    watched = Watched()
    asked = [watched.look(pulse=flying(size=number)).ask for number in range(200)]
    assert watched.states == ["busy"]
    assert not any(asked)


def test_frozen_streams_are_told_at_the_budget_and_not_before() -> None:
    watched = Watched()
    watched.look(5, pulse=flying(size=10), account=counted())
    assert watched.look(BUDGET - 0.5 - 5, pulse=flying(size=10), account=counted()).state == "quiet"
    verdict = watched.look(1.0, pulse=flying(size=10), account=counted())
    assert (verdict.state, watched.states) == ("hung", ["busy", "quiet", "hung"])
    assert "nothing has moved for 20 s" in verdict.reason
    assert watched.look(pulse=flying(size=99), account=counted()).state == "hung", "it is final"


def test_a_prefill_of_ten_budgets_is_no_hang() -> None:
    watched = Watched()
    for tokens in range(400):
        watched.look(pulse=flying(1), account=counted(Rank(queued=1, prefill=tokens)))
    assert watched.states == ["busy"]


def test_a_prefill_that_stands_still_is_one() -> None:
    watched = Watched()
    watched.look(5, pulse=flying(1), account=counted(Rank(queued=1, prefill=7)))
    reading = counted(Rank(queued=1, prefill=70))
    assert watched.look(BUDGET + 1, pulse=flying(1), account=reading).state == "hung"


def test_a_slow_decode_of_which_nothing_is_streamed_is_no_hang() -> None:
    """SGLang hands on an answer that is not streamed every 50 tokens, here each 100 s."""
    watched = Watched()
    for half in range(800):
        rank = Rank(running=1, decode=half // 4)
        watched.look(pulse=flying(1), account=counted(rank, delivered=half // 200 * 50))
    assert set(watched.states) <= {"busy", "quiet"}


def test_tokens_that_are_computed_and_do_not_come_out_are_a_hang() -> None:
    watched = Watched()
    verdict = Verdict("idle", "")
    for half in range(60):
        verdict = watched.look(pulse=flying(), account=counted(Rank(3, decode=50 * half)))
    assert verdict.state == "hung"
    assert "none has come out" in verdict.reason


def test_streams_of_which_a_few_tokens_do_not_come_out_are_a_hang() -> None:
    """Each step of a stream is handed on: a slow engine need not compute a hundred in vain."""
    watched, streams = Watched(), replace(flying(1), streams=1)
    for half in range(44):
        verdict = watched.look(pulse=streams, account=counted(Rank(1, decode=half // 2)))
    assert verdict.state == "hung"
    batched = Watched()
    for half in range(60):
        verdict = batched.look(pulse=flying(1), account=counted(Rank(1, decode=half // 2)))
    assert verdict.state != "hung"


def test_a_stream_interval_is_no_silence() -> None:
    watched, streams = Watched(), replace(flying(1), streams=1)
    watched.policy = Liveness(BUDGET, interval=64)
    for half in range(800):
        rank = Rank(running=1, decode=half)
        watched.look(pulse=streams, account=counted(rank, delivered=half // 64 * 64))
    assert set(watched.states) <= {"busy", "quiet"}


def test_an_idle_server_is_sent_one_request_each_quarter_of_the_budget() -> None:
    watched = Watched()
    returned = sent = 0
    for _ in range(int(4 * BUDGET / 0.5)):
        verdict = watched.look(pulse=flying(0), account=counted(FREE), own_returned=returned)
        sent += verdict.send
        returned += verdict.send
    assert sent in {15, 16}
    assert watched.states == ["idle"]


def test_an_own_request_that_does_not_return_is_a_hang_and_no_second_one_is_sent() -> None:
    watched = Watched()
    sent = [watched.look(pulse=flying(0), account=counted(FREE)).send for _ in range(11)]
    assert sent.count(True) == 1
    waiting = [watched.look(pulse=flying(0), own_pending=True) for _ in range(30)]
    assert not any(verdict.send for verdict in waiting[:-1])
    assert waiting[-1].state == "quiet"
    assert watched.look(1.0, pulse=flying(0), own_pending=True).state == "hung"


def test_a_request_that_waits_outside_of_a_free_engine_is_no_hang() -> None:
    """A grammar is compiled, an image is fetched: the engine answers one token meanwhile."""
    watched = Watched()
    returned = 0
    for _ in range(int(5 * BUDGET / 0.5)):
        verdict = watched.look(pulse=flying(1), account=counted(FREE), own_returned=returned)
        returned += verdict.send
    assert "hung" not in watched.states
    assert returned > 3


@pytest.mark.parametrize("seconds", [1.0, 0.5 * BUDGET, 0.9 * BUDGET])
def test_a_process_that_comes_back_in_time_is_no_hang(seconds: float) -> None:
    watched = Watched()
    watched.look(3, pulse=flying(size=5), account=counted())
    watched.look(seconds, pulse=flying(size=5), stopped=("sglang::scheduler (process 7)",))
    verdict = watched.look(0.7 * BUDGET, pulse=flying(size=5), account=counted())
    assert verdict.state == "quiet"
    assert "paused" in watched.states


def test_a_process_that_stays_stopped_is_named() -> None:
    watched = Watched()
    who = ("sglang::detokenizer (process 7)",)
    verdict = watched.look(BUDGET + 0.5, pulse=flying(0), stopped=who)
    assert (verdict.state, verdict.reason) == (
        "hung",
        "sglang::detokenizer (process 7) stopped for 20 s",
    )


def test_an_engine_that_answers_nothing_at_all_is_a_hang_without_a_door() -> None:
    watched = Watched()
    watched.look(5, account=counted(FREE))
    assert watched.look(BUDGET + 1).state == "hung"


def test_an_engine_without_counters_is_called_neither() -> None:
    watched = Watched()
    watched.look(4 * BUDGET, pulse=flying(), account=Account(counts=False))
    assert watched.states == ["busy", "unseen"]
    assert watched.look(BUDGET, account=Account(counts=False), own_pending=True).state == "unseen"


def test_one_scheduler_of_two_that_stands_still_is_told() -> None:
    watched = Watched()
    verdict = Verdict("idle", "")
    for half in range(60):
        ranks = (Rank(2, decode=half), Rank(2, decode=7))
        verdict = watched.look(pulse=flying(size=half), account=Account(float(half), ranks))
    assert verdict.state == "hung"
    assert verdict.reason.startswith("scheduler 1 has requests")


def test_a_drain_is_sent_nothing_and_may_take_its_time() -> None:
    watched = Watched()
    for number in range(100):
        verdict = watched.look(pulse=flying(size=number), ending=True, account=counted())
        assert not verdict.send
    ended = [watched.look(pulse=flying(0), ending=True, account=counted(FREE)) for _ in range(100)]
    assert [verdict.send for verdict in ended] == [False] * 100
    assert set(watched.states) == {"busy", "idle"}


def test_a_night_in_which_nobody_looked_is_no_hang() -> None:
    watched = Watched()
    watched.look(3, pulse=flying(size=5), account=counted())
    watched.at += 30_000
    assert watched.look(pulse=flying(size=5), account=counted()).state in {"busy", "quiet"}


def test_random_histories_have_no_false_alarm_and_miss_none() -> None:
    hangs = sum(make(seed).hangs_at is not None for seed in range(HISTORIES))
    found = [said for seed in range(HISTORIES) if (said := wrong(Liveness(BUDGET), make(seed)))]
    assert not found
    assert hangs > HISTORIES / 4


FAULTS = {
    "prefill counts for nothing": ("rank.prefill, self._now", "0, self._now"),
    "decoding counts for nothing": ("rank.decode, self._now", "0, self._now"),
    "what came out counts for nothing": ("account.delivered, self._now", "0, self._now"),
    "the budget is twice as long": ("silent >= self._budget:", "silent >= 2 * self._budget:"),
    "the budget is half as long": ("silent >= self._budget:", "silent >= 0.5 * self._budget:"),
    "a stop is no sign": ("if lasts >= self._budget else", "if False else"),
    "a stop is a hang at once": ("if lasts >= self._budget else", "if True else"),
    "what is not delivered is forgotten": ("if self._undelivered is not None and", "if False and"),
    "few tokens that do not come out are enough": ("BATCHED = 128", "BATCHED = 1"),
    "a stream may be behind as others are": ("STREAMED = 16", "STREAMED = 128"),
    "an own request may take for ever": ("= 0.25, 0.25, 0.75", "= 0.25, 0.25, 9"),
    "own requests pile up": ("if seen.own_pending or seen.ending or", "if seen.ending or"),
    "a busy engine is sent requests": ("return free and silent", "return silent"),
    "nothing is ever sent": ("due = self._now", "return False\n        due = self._now"),
    "a pause is held against it": ("if self._stopped_at is not None:", "if False:"),
    "time in which nobody looked counts": ("LONGEST_STEP = 0.125", "LONGEST_STEP = 1e9"),
    "old growth is news": ("news = self._asked_at >= self._moved", "news = True"),
    "who gave up is forgotten": ("self._carried = self._now - self._moved", "self._carried = 0.0"),
}  # fmt: skip

FINDERS = {
    "prefill counts for nothing": 11,
    "decoding counts for nothing": 83,
    "what came out counts for nothing": 125,
    "the budget is twice as long": 34,
    "the budget is half as long": 1,
    "a stop is no sign": 2,
    "a stop is a hang at once": 0,
    "what is not delivered is forgotten": 416,
    "few tokens that do not come out are enough": 39,
    "a stream may be behind as others are": 995,
    "an own request may take for ever": 663,
    "own requests pile up": 7,
    "a busy engine is sent requests": 16,
    "nothing is ever sent": 0,
    "a pause is held against it": 0,
    "time in which nobody looked counts": 21,
    "old growth is news": 787,
    "who gave up is forgotten": 3386,
}
"""A history that found each of them before: it is tried first."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_of_the_policy_is_found(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, planted = FAULTS[fault]
    text = Path(liveness.__file__).read_text(encoding="utf-8")
    assert right in text
    module = types.ModuleType("planted")
    monkeypatch.setitem(sys.modules, "planted", module)
    exec(compile(text.replace(right, planted), fault, "exec"), module.__dict__)  # noqa: S102
    seeds = itertools.chain([FINDERS[fault]], range(4000))
    assert any(wrong(module.Liveness(BUDGET), make(seed)) for seed in seeds)


def test_the_table_has_every_state_once() -> None:
    assert sorted(state for state, *_ in TABLE) == sorted(get_args(State))


def test_values_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Account().delivered = 1.0  # type: ignore[misc]
    assert replace(Account(), counts=False).requests == 0
