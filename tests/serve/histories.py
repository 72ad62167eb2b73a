"""Random histories of an engine behind its door, whose truth is known without the policy.

Everything moves in ticks of a clock of its own. The engine is three processes with queues between
them; a history says when which of them stands still, and why, and what clients do.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from deployer.serve.liveness import Account, Observation, Rank
from deployer.serve.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Iterator

BUDGET = 20.0
TICK = 0.5
LENGTH = 4.0 * BUDGET
FOREVER = 1e9
BATCH = 50

Part = Literal["parent", "scheduler", "detokenizer"]
PARTS: tuple[Part, ...] = ("parent", "scheduler", "detokenizer")


@dataclass
class Still:
    """A process stands still: ``told`` where the kernel shows it as stopped."""

    part: Part
    start: float
    end: float
    told: bool

    def holds(self, part: Part, now: float) -> bool:
        return self.part == part and self.start <= now < self.end


@dataclass
class Request:
    arrives: float
    prompt: float
    out: int
    stream: bool = True
    held: float = 0.0
    gives_up: float = FOREVER
    own: bool = False
    computed: float = 0.0
    decoded: float = 0.0
    passed_on: bool = False
    handed: int = 0
    delivered: int = 0
    over: bool = False

    def in_flight(self, now: float) -> bool:
        return self.arrives <= now and not self.over


@dataclass
class History:
    """What happens; ``hangs_at`` is the truth, None where the engine never hangs."""

    seed: int
    requests: list[Request] = field(default_factory=list)
    stills: list[Still] = field(default_factory=list)
    prefill_rate: float = 1000.0
    decode_rate: float = 20.0
    door: bool = True
    round_trip: bool = False
    blink: tuple[float, float] = (FOREVER, 0.0)
    ends_at: float = FOREVER
    hangs_at: float | None = None


def make(seed: int) -> History:
    """Make a history up. What it calls a hang follows from how it was made, from nothing else."""
    draw = random.Random(seed)  # noqa: S311 - the same histories each time
    made = History(seed, door=draw.random() < 0.8, round_trip=draw.random() < 0.3)
    made.prefill_rate = draw.choice([30.0, 300.0, 5000.0])
    made.decode_rate = draw.choice([0.4, 2.0, 20.0, 200.0])
    for _ in range(draw.choice([0, 0, 1, 3, 8])):
        made.requests.append(_request(draw, made))
    if draw.random() < 0.15 and made.door:
        made.blink = (draw.uniform(5, 50), draw.uniform(2, 300))  # nobody looks in between
    if draw.random() < 0.1:
        made.ends_at = draw.uniform(10, 60)
    kind = draw.choice(["healthy", "pause", "pauses", "stall", "hang", "hang", "stopped"])
    part: Part = draw.choice(PARTS)
    start = draw.uniform(2, 1.6 * BUDGET)
    if kind == "pause":
        made.stills = [Still(part, start, start + draw.uniform(0.1, 0.9) * BUDGET, told=True)]
    elif kind == "pauses":
        for _ in range(4):
            lasts = draw.uniform(0.1, 0.9) * BUDGET
            made.stills.append(Still(part, start, start + lasts, told=True))
            start += lasts + draw.uniform(1, 5)
    elif kind == "stall":  # a kernel is compiled, a lock is held
        made.stills = [Still(part, start, start + draw.uniform(0.1, 0.5) * BUDGET, told=False)]
    elif kind in {"hang", "stopped"}:
        made.stills = [Still(part, start, FOREVER, told=kind == "stopped")]
        made.hangs_at = start
    if made.hangs_at is not None:
        made.ends_at = FOREVER
        made.blink = (FOREVER, 0.0)
    return made


def _request(draw: random.Random, made: History) -> Request:
    stream = draw.random() < 0.6
    one = Request(
        arrives=draw.uniform(0, 0.7 * LENGTH),
        prompt=draw.choice([5.0, 100.0, made.prefill_rate * 2.5 * BUDGET]),
        out=draw.choice([1, 40, 400]),
        stream=stream,
        held=draw.choice([0.0, 0.0, 0.0, 1.5 * BUDGET]),
    )
    if draw.random() < 0.2:
        one.gives_up = one.arrives + draw.uniform(1, 40)
    return one


@dataclass
class World:
    """The engine of a history, tick by tick, and what can be seen of it."""

    history: History
    now: float = 0.0
    prefilled: float = 0.0
    decoded: float = 0.0
    delivered: float = 0.0
    sent: int = 0
    returned: int = 0
    queue: Counter[int] = field(default_factory=Counter)
    to_parent: Counter[int] = field(default_factory=Counter)
    door_bytes: int = 0
    computed_at: float = 0.0
    much_at: float = FOREVER
    decoded_before: float = 0.0
    work_at: float = FOREVER

    def deadline(self) -> float:
        """Give when a hang is to be told: a budget and a second after it can be known at all.

        Nothing is missing before somebody waits for it, nor while a scheduler that has no
        detokenizer reads a long prompt.
        """
        start = self.work_at
        return min(max(start, self.computed_at), max(start, self.much_at)) + BUDGET + 2 * TICK

    def still(self, part: Part) -> bool:
        return any(each.holds(part, self.now) for each in self.history.stills)

    def tick(self) -> None:
        self.now += TICK
        if not self.still("parent"):
            for one in self.history.requests:
                one.passed_on |= one.arrives + one.held <= self.now
        before = self.prefilled + self.decoded
        if not self.still("scheduler"):
            self._schedule()
        if self.prefilled + self.decoded > before:
            self.computed_at = self.now
        self._keep_truth()
        if not self.still("detokenizer"):
            self.to_parent.update(self.queue)
            self.queue.clear()
        if not self.still("parent"):
            self._deliver()
        for one in self.history.requests:
            if one.gives_up <= self.now and not one.over:
                one.over = True

    def _keep_truth(self) -> None:
        """Note when so many tokens were computed since the hang that some must have come out."""
        if self.history.hangs_at is None or self.now < self.history.hangs_at:
            self.decoded_before = self.decoded
            return
        if any(one.in_flight(self.now) for one in self.history.requests):
            self.work_at = min(self.work_at, self.now)
        flying = [one for one in self.history.requests if one.in_flight(self.now)]
        begun = bool(flying) and all(one.stream and one.delivered for one in flying)
        batch = 18 if begun and self.history.door else 130
        if self.decoded - self.decoded_before > batch * len(self.history.requests):
            self.much_at = min(self.much_at, self.now)

    def _waiting(self) -> list[Request]:
        """Requests that the scheduler has: the parent must have passed them on."""
        return [
            one
            for one in self.history.requests
            if one.passed_on and not one.over and one.handed < one.out
        ]

    def _schedule(self) -> None:
        tokens = self.history.prefill_rate * TICK
        for one in self._waiting():
            if one.computed < one.prompt:
                step = min(tokens, one.prompt - one.computed)
                one.computed += step
                self.prefilled += step
                tokens -= step
            if one.computed >= one.prompt and one.handed < one.out:
                self._decode(one)

    def _decode(self, one: Request) -> None:
        before = int(one.decoded)
        one.decoded = min(one.decoded + self.history.decode_rate * TICK, float(one.out))
        self.decoded += int(one.decoded) - before
        whole = int(one.decoded)
        ready = whole if one.stream or whole == one.out else whole // BATCH * BATCH
        if ready > one.handed:
            self.queue[id(one)] += ready - one.handed
            one.handed = ready

    def _deliver(self) -> None:
        for one in self.history.requests:
            if not (tokens := self.to_parent.pop(id(one), 0)) or one.over:
                continue
            self.delivered += tokens
            one.delivered += tokens
            done = one.delivered >= one.out
            if (one.stream or done) and not one.own:
                self.door_bytes += tokens * 10
            if done:
                one.over = True
                self.returned += one.own

    def send(self) -> None:
        assert not self.own_pending(), "requests of our own pile up"
        self.history.requests.append(Request(self.now, 1.0, 1, stream=False, own=True))
        self.sent += 1

    def own_pending(self) -> bool:
        return any(one.own and not one.over for one in self.history.requests)

    def observe(self, *, asked: bool) -> Observation:
        others = [o for o in self.history.requests if not o.own and o.arrives <= self.now]
        flying = [one for one in others if not one.over]
        silent = self.still("parent") or (self.history.round_trip and self.still("scheduler"))
        have = self._waiting()
        running = sum(one.computed >= one.prompt for one in have)
        rank = Rank(running, len(have) - running, self.prefilled, self.decoded)
        pulse = Pulse(
            self.now,
            ready=True,
            requests=len(others),
            in_flight=len(flying),
            bytes=self.door_bytes,
            streams=sum(one.stream and one.delivered > 0 for one in flying),
        )
        return Observation(
            self.now,
            pulse=pulse if self.history.door else None,
            account=None if silent or not asked else Account(self.delivered, (rank,)),
            own_pending=self.own_pending(),
            own_returned=self.returned,
            stopped=tuple(sorted({e.part for e in self._told()})),
            ending=self.now >= self.history.ends_at,
        )

    def _told(self) -> Iterator[Still]:
        return (e for e in self.history.stills if e.told and e.holds(e.part, self.now))


def live(policy: Any, history: History) -> tuple[World, float | None, str]:
    """Live through a history with a policy; gives its end, when a hang was told, and the reason.

    Raises AssertionError where it loads a busy engine, or sends one request on top of another.
    """
    world, asked = World(history), False
    while world.now < LENGTH:
        world.tick()
        start, lasts = history.blink
        if start <= world.now < start + TICK:
            skipped = Observation(world.now + lasts)  # the machine slept: nothing moved meanwhile
            offset = skipped.at - world.now
        else:
            offset = 0.0
        seen = world.observe(asked=asked)
        verdict = policy.observe(_later(seen, offset))
        if offset:
            history.blink = (FOREVER, 0.0)
            policy = _Shifted(policy, offset)
        if verdict.state == "hung":
            return world, world.now, verdict.reason
        asked = verdict.ask
        if verdict.send:
            assert not any(
                one.computed and one.handed < one.out and not one.over for one in history.requests
            ), "a busy engine is sent a request"
            world.send()
    return world, None, ""


class _Shifted:
    """A policy whose clock has gone on while nobody looked."""

    def __init__(self, policy: Any, offset: float) -> None:
        self._policy, self._offset = policy, offset

    def observe(self, seen: Observation) -> Any:
        return self._policy.observe(_later(seen, self._offset))


def _later(seen: Observation, offset: float) -> Observation:
    return replace(seen, at=seen.at + offset)


def wrong(policy: Any, history: History) -> str:
    """Say what a policy gets wrong of a history; '' where it is right."""
    try:
        world, told, reason = live(policy, history)
    except AssertionError as error:
        return f"history {history.seed}: {error}"
    truth = history.hangs_at
    said = ""
    if truth is None:
        said = f"false alarm at {told}: {reason}" if told is not None else ""
    elif told is None:
        said = f"the hang at {truth} was missed" if world.deadline() < LENGTH else ""
    elif told < truth + 0.6 * BUDGET:
        said = f"told at {told}, too early for {truth}: {reason}"
    elif told > world.deadline():
        said = f"told at {told}, too late for {truth}: {reason}"
    return f"history {history.seed}: {said}" if said else ""
