"""One endpoint at one moment, as lines for a terminal and as JSON; what is not told is said."""

from __future__ import annotations

from dataclasses import dataclass

from deployer import codec
from deployer.observe.snapshot import Snapshot, Spread
from deployer.report.envelope import envelope

NOT_TOLD = "not told"
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Seen:
    """An endpoint and what it tells, ``at`` a moment (seconds since the epoch).

    ``hourly`` are the dollars of one container's hour, None where there is no price for it.
    ``here`` tells that it is served by this machine, whatever its address looks like. ``several``
    are the shapes that its containers may have, '' for one alone.
    """

    name: str
    url: str
    at: float
    told: Snapshot
    hourly: float | None
    here: bool = False
    several: str = ""

    @property
    def hours(self) -> float | None:
        """For how long it has been there since its start began; None where that is not told."""
        return max(0.0, self.at - self.told.started) / HOUR if self.told.started else None

    @property
    def dollars(self) -> float | None:
        """What the container that answered has cost so far; None where that is not known."""
        return self.hourly * self.hours if self.hourly and self.hours is not None else None


def lines(seen: Seen) -> tuple[str, ...]:
    """Write it for people."""
    told = seen.told
    window = f"in the last {told.window:.1f} s" if told.window else "since it began"
    engine = f"{_whole(told.running)} run, {_whole(told.queued)} wait in the engine"
    door = f"{_whole(told.in_flight)} at the door, {_rate(told.requests_per_second)} end"
    pool = f"{_share(told.kv_use)} of {_whole(told.kv_tokens)} tokens"
    numbers = (
        ("requests", f"{engine}, {door}"),
        ("tokens", f"{_rate(told.output_per_second)} out, {_rate(told.input_per_second)} in"),
        ("latencies", f"{window}, p50 / p90 / p99"),
        ("  first token", _spread(told.first_token)),
        ("  between tokens", _spread(told.inter_token)),
        ("  whole request", _spread(told.request)),
        ("KV pool", f"{pool}, cache hits {_share(told.cache_hits)}"),
        ("speculation", _steps(told.accept_length)),
        ("refused", _whole(told.refused)),
        ("cut", _whole(told.cut)),
        ("restarts", _whole(told.restarts)),
        ("cost", _cost(seen)),
    )
    return (
        f"{seen.name}  {seen.url}  {_state(told)}",
        *(f"  {name:<16} {said}" for name, said in numbers),
    )


def to_json(seen: Seen) -> str:
    """Write it for programs; null is what is not told."""
    return envelope(
        {
            "name": seen.name,
            "url": seen.url,
            "at": seen.at,
            "told": codec.encode(seen.told),
            "hourly": seen.hourly,
            "dollars": seen.dollars,
        }
    )


def _state(told: Snapshot) -> str:
    if told.hang:
        return "a hang is suspected"
    if told.ready is None:
        return "answers"
    return "ready" if told.ready else "not ready"


def _whole(value: float | None) -> str:
    return NOT_TOLD if value is None else f"{value:,.0f}"


def _rate(value: float | None) -> str:
    return NOT_TOLD if value is None else f"{value:,.1f}/s"


def _share(value: float | None) -> str:
    return NOT_TOLD if value is None else f"{value:.1%}"


def _steps(value: float | None) -> str:
    return NOT_TOLD if value is None else f"{value:.2f} tokens a step"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return "nothing was measured"
    return " / ".join(map(_seconds, (spread.p50, spread.p90, spread.p99)))


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def _cost(seen: Seen) -> str:
    if seen.hourly is None:
        if seen.several:
            return f"not known: which of {seen.several} answers was not told"
        return "of this machine" if seen.here else "no price is known for it"
    if seen.hours is None or seen.dollars is None:
        return f"${seen.hourly:.2f} an hour; since when is {NOT_TOLD}"
    return f"${seen.dollars:.2f} in {seen.hours:.1f} h, at ${seen.hourly:.2f} an hour"
