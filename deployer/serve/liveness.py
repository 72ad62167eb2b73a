"""Whether a serving engine lives, told from progress and never from an answer to ``/health``.

SGLang's ``/health`` says 200 while no token leaves, because a busy scheduler answers it by itself,
and 503 while the engine is only busy (0.5.23, measured with a stopped detokenizer). So this policy
counts: bytes that clients got, tokens that the scheduler has computed, tokens that have come out of
the engine, and whether a request of our own for one token returns.

It is a pure function of what it is told: no clock, no process, no network. :data:`TABLE` is the
whole of it in words; ``docs/reliability.md`` shows that table.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from deployer.serve.pulse import Pulse

State = Literal["idle", "busy", "quiet", "paused", "unseen", "hung"]

TABLE: tuple[tuple[State, str, str], ...] = (
    (
        "hung",
        """nothing has moved for the budget; or our own request on an idle engine has not returned
        for three quarters of it; or tokens were computed all that time and none came out; or a
        process was stopped all that time""",
        """stacks are written to the log, the engine is ended and, on this machine, started again;
        no other state follows""",
    ),
    (
        "paused",
        "the kernel shows a process of the engine as stopped (SIGSTOP, a debugger)",
        "nothing is sent; if it goes on within the budget, its pause counts for nothing",
    ),
    (
        "idle",
        "nothing is in flight",
        "a request of our own for one token goes out every quarter of the budget",
    ),
    (
        "busy",
        """something is in flight, and bytes to clients, computed tokens or tokens that came out
        have moved within a quarter of the budget""",
        "nothing is sent; while bytes reach clients the engine is not even asked",
    ),
    (
        "unseen",
        "something is in flight, nothing reaches clients, and the engine has no counters to show",
        "it is called neither alive nor hung: a long prefill looks the same",
    ),
    (
        "quiet",
        "something is in flight, and nothing has moved for a quarter of the budget",
        """the engine is asked for its counters; where it says that it has nothing to do, our own
        request tells whether that is so""",
    ),
)
"""Each state, when the engine is in it, and what is done then. The first row that holds counts."""

BATCHED = 128
"""Decoded tokens of one request after which something must have come out of the engine.

SGLang hands on a request that is not streamed every 50 tokens (``force_stream_interval`` in
scheduler_output_processor_mixin.py, 0.5.9 to 0.5.23); speculation may overshoot."""

STREAMED = 16
"""The same for requests that are all streamed and have begun: each step is handed on. More than a
step of speculation decodes; ``--stream-interval`` makes it more."""

QUIET, OWN_EVERY, OWN_PATIENCE = 0.25, 0.25, 0.75
"""Parts of the budget. A hang that begins right after our own request has returned is told after
a quarter until the next one and three quarters for it."""

LONGEST_STEP = 0.125
"""Part of the budget: what counts of the time between two looks. A supervisor that was itself
stopped, or a machine that slept, has not seen the engine hang all that time."""


@dataclass(frozen=True, slots=True)
class Rank:
    """One scheduler's account: requests now, tokens since its start."""

    running: int = 0
    queued: int = 0
    prefill: float = 0.0
    decode: float = 0.0


@dataclass(frozen=True, slots=True)
class Account:
    """What the engine tells of itself: tokens that came out, and each scheduler's account.

    ``counts`` is False for an engine that answers and has no such counters.
    """

    delivered: float = 0.0
    ranks: tuple[Rank, ...] = ()
    counts: bool = True

    @property
    def requests(self) -> int:
        """Requests that it says it has."""
        return sum(rank.running + rank.queued for rank in self.ranks)


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen ``at`` a moment, in seconds of a clock that never goes back.

    ``pulse`` is None where no door looks. ``account`` is None where the engine was not asked, or
    has not answered yet. ``own_pending`` tells whether our own request is under way,
    ``own_returned`` counts those that came back. ``stopped`` names the processes that the kernel
    shows as stopped. A server that ends (``ending``) is sent nothing.
    """

    at: float
    pulse: Pulse | None = None
    account: Account | None = None
    own_pending: bool = False
    own_returned: int = 0
    stopped: tuple[str, ...] = ()
    ending: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the engine is, why, and what would tell more.

    ``silent`` is for how many seconds nothing has moved. ``ask`` wants the engine's account,
    ``send`` a request of our own. ``sign`` is how many seconds ago something last moved, also of an
    engine with nothing to do.
    """

    state: State
    reason: str
    silent: float = 0.0
    ask: bool = False
    send: bool = False
    sign: float = 0.0


@dataclass(slots=True)
class _Seen:
    """What counters showed last, and since when (observed seconds) they have shown that."""

    moved: dict[str, float] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)

    def note(self, name: str, value: float, now: float) -> bool:
        """Take a counter's value; gives whether it has grown since the last look."""
        before = self.values.get(name)
        self.values[name] = value
        if before is None or value != before:
            self.moved[name] = now
        return before is not None and value > before


class Liveness:
    """The policy for one engine, with ``budget`` seconds without progress.

    ``interval`` is how many tokens of a stream the engine hands on at a time.
    """

    def __init__(self, budget: float, interval: int = 1) -> None:
        self._budget = budget
        self._streamed = max(STREAMED, 2 * interval)
        self._now = 0.0  # observed seconds
        self._at: float | None = None
        self._seen = _Seen()
        self._moved = 0.0
        self._carried = 0.0
        self._sign = 0.0
        self._had_work = False
        self._account: Account | None = None
        self._asked_at = 0.0
        self._own_at = 0.0
        self._stopped_at: float | None = None
        self._base: float | None = None  # tokens decoded when something last came out
        self._base_ended = 0.0
        self._undelivered: float | None = None
        self._most = 1
        self._overdue = False
        self._hung: Verdict | None = None

    def observe(self, seen: Observation) -> Verdict:
        """Take one look, and say how the engine is."""
        self._pass_time(seen.at)
        if self._hung:
            return self._hung
        if self._note(seen):
            self._moved, self._carried, self._sign = self._now, 0.0, self._now
        self._note_stops(seen)
        others, work = self._work(seen)
        if work and not self._had_work:
            self._moved = self._now - self._carried
        if self._had_work and not work:  # whoever waited in vain and went is not forgotten
            self._carried = self._now - self._moved
        self._had_work = work
        if not work:
            self._undelivered = None
        verdict = self._judge(seen, others=others, work=work)
        verdict = replace(verdict, sign=self._now - self._sign)
        if verdict.state == "hung":
            self._hung = verdict
        return verdict

    def _pass_time(self, at: float) -> None:
        if self._at is not None:
            self._now += min(max(at - self._at, 0.0), self._budget * LONGEST_STEP)
        self._at = at

    def _note(self, seen: Observation) -> bool:
        """Note every counter; gives whether anything has moved."""
        out = self._seen.note("own", seen.own_returned, self._now)
        if seen.pulse:
            out |= self._seen.note("bytes", seen.pulse.bytes, self._now)
        if out:
            self._undelivered = self._base = None  # what was decoded until now is not known
        if seen.account is None:
            return out
        # What has grown since an account that is older than the last sign of life grew before it.
        news = self._asked_at >= self._moved
        self._account, self._asked_at = seen.account, self._now
        return (self._note_account(seen.account, seen.pulse) and news) or out

    def _note_account(self, account: Account, pulse: Pulse | None) -> bool:
        if not account.counts:
            return False
        out = self._seen.note("delivered", account.delivered, self._now)
        computed = False
        for number, rank in enumerate(account.ranks):
            grown = self._seen.note(f"prefill {number}", rank.prefill, self._now)
            grown |= self._seen.note(f"decode {number}", rank.decode, self._now)
            computed |= grown
            idle = not (rank.running or rank.queued)
            if grown or idle or f"rank {number}" not in self._seen.moved:
                self._seen.moved[f"rank {number}"] = self._now
        self._note_delivery(account, pulse, came_out=out)
        return out or computed

    def _note_delivery(self, account: Account, pulse: Pulse | None, *, came_out: bool) -> None:
        decoded = sum(rank.decode for rank in account.ranks)
        ended = float(pulse.requests - pulse.in_flight) if pulse else 0.0
        if came_out or self._base is None or decoded < self._base:
            self._base, self._base_ended = decoded, ended
            self._undelivered, self._most, self._overdue = None, 1, False
        running = sum(rank.running for rank in account.ranks)
        self._most = max(self._most, running)
        begun = pulse is not None and 0 < running <= pulse.streams == pulse.in_flight
        # Whoever gave up before anything came out has had tokens decoded, too.
        each = self._streamed if begun else BATCHED
        allowed = each * (self._most + max(0.0, ended - self._base_ended))
        if decoded > self._base and self._undelivered is None:
            self._undelivered = self._now
        self._overdue |= decoded - self._base >= allowed

    def _note_stops(self, seen: Observation) -> None:
        if not seen.stopped:
            if self._stopped_at is not None:
                # It goes on from here: what it did not do while it was stopped is no sign.
                self._moved, self._carried = self._now, 0.0
                self._undelivered = self._base = None
                for name in self._seen.moved:
                    self._seen.moved[name] = self._now
            self._stopped_at = None
        elif self._stopped_at is None:
            self._stopped_at = self._now

    def _work(self, seen: Observation) -> tuple[bool, bool]:
        """Say whether others wait for the engine, and whether anybody does."""
        others = bool(seen.pulse and seen.pulse.in_flight)
        if self._account:
            others |= self._account.requests > int(seen.own_pending)
        if seen.pulse is None and seen.account is None:
            others = True  # nobody knows of none
        return others, others or seen.own_pending

    def _judge(self, seen: Observation, *, others: bool, work: bool) -> Verdict:
        silent = self._now - self._moved if work else 0.0
        if seen.stopped:
            return self._paused(seen.stopped)
        if reason := self._hang(seen, silent, others=others) if work else "":
            return Verdict("hung", reason, silent)
        ask = self._asks(seen, silent, work=work)
        send = self._sends(seen, silent)
        if send:
            self._own_at = self._now
        if not work:
            return Verdict("idle", "nothing is in flight", 0.0, ask, send)
        if silent < self._budget * QUIET:
            return Verdict("busy", "it makes progress", silent, ask, send)
        if self._blind() and (others or seen.pulse is None):
            reason = "nothing reaches clients, and this engine does not say what it computes"
            return Verdict("unseen", reason, silent, ask, send)
        return Verdict("quiet", f"nothing has moved for {silent:.0f} s", silent, ask, send)

    def _paused(self, stopped: tuple[str, ...]) -> Verdict:
        since = self._now if self._stopped_at is None else self._stopped_at
        lasts = self._now - since
        reason = f"{', '.join(stopped)} stopped for {lasts:.0f} s"
        return Verdict("hung" if lasts >= self._budget else "paused", reason, lasts)

    def _hang(self, seen: Observation, silent: float, *, others: bool) -> str:
        if self._undelivered is not None and self._overdue:
            lasts = self._now - self._undelivered
            if lasts >= self._budget:
                return f"tokens are computed, and none has come out for {lasts:.0f} s"
        if self._blind() and (others or seen.pulse is None):
            return ""
        if seen.ending and self._says_free():
            return ""  # what is in flight has not reached the engine, and nothing may be sent
        lasts = self._now - max(self._own_at - self._carried, self._moved)
        waited = self._now - self._own_at >= self._budget * QUIET
        if seen.own_pending and waited and lasts >= self._budget * OWN_PATIENCE:
            return f"our own request for one token has not returned for {lasts:.0f} s"
        if silent >= self._budget:
            return f"requests are in flight, and nothing has moved for {silent:.0f} s"
        return self._stuck_rank(seen)

    def _stuck_rank(self, seen: Observation) -> str:
        """Name one of several schedulers that has requests and does nothing."""
        if seen.account is None or not seen.account.counts or len(seen.account.ranks) == 1:
            return ""
        for number, rank in enumerate(seen.account.ranks):
            lasts = self._now - self._seen.moved.get(f"rank {number}", self._now)
            if (rank.running or rank.queued) and lasts >= self._budget:
                return f"scheduler {number} has requests, and has not moved for {lasts:.0f} s"
        return ""

    def _blind(self) -> bool:
        return self._account is not None and not self._account.counts

    def _says_free(self) -> bool:
        lately = self._now - self._asked_at <= self._budget * QUIET
        return lately and self._account is not None and not self._account.requests

    def _asks(self, seen: Observation, silent: float, *, work: bool) -> bool:
        """Ask where bytes do not tell enough, and before a request of our own."""
        due = self._now - self._own_at >= self._budget * OWN_EVERY
        if seen.pulse is None:
            return True
        return (work and silent > self._budget * QUIET / 4) or (not work and due)

    def _sends(self, seen: Observation, silent: float) -> bool:
        """Send only where there is none under way and nobody else's to disturb."""
        if seen.own_pending or seen.ending or self._now - self._own_at < self._budget * OWN_EVERY:
            return False
        if seen.pulse and seen.pulse.in_flight:
            free = seen.account is not None and seen.account.counts and not seen.account.requests
            return free and silent >= self._budget * QUIET
        if seen.pulse is None:
            return seen.account is not None and seen.account.counts and not seen.account.requests
        return seen.account is None or not seen.account.requests
