"""One endpoint at one moment: what its metrics tell, and what they do not."""

from __future__ import annotations

from dataclasses import dataclass, fields

from deployer import metrics as ours
from deployer.observe.reading import Look, largest, mean, percentiles, rate, total

SHARES = (0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 90th and 99th percentile, in seconds."""

    p50: float
    p90: float
    p99: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is told; None is what is not.

    ``window`` is how many seconds rates and percentiles are about, None for all since the start.
    ``running`` and ``queued`` count requests in the engine, ``in_flight`` those at its door.
    ``kv_use`` is the fullest replica's share of its pool, ``kv_tokens`` all pools' size,
    ``accept_length`` the tokens that a step of speculation yields. ``started`` is when the start
    began (seconds since the epoch). ``refused``, ``cut`` and ``restarts`` count since then.
    """

    window: float | None
    running: float | None
    queued: float | None
    in_flight: float | None
    output_per_second: float | None
    input_per_second: float | None
    requests_per_second: float | None
    first_token: Spread | None
    inter_token: Spread | None
    request: Spread | None
    kv_use: float | None
    kv_tokens: float | None
    cache_hits: float | None
    accept_length: float | None
    ready: float | None
    hang: float | None
    refused: float | None
    cut: float | None
    restarts: float | None
    started: float | None


NOTHING = Snapshot(*[None] * len(fields(Snapshot)))
"""What is told by who tells nothing."""


def snapshot(now: Look, before: Look | None = None) -> Snapshot:
    """Read what two looks tell, or one; the engine's names are those of 0.5.9 to 0.5.23."""
    return Snapshot(
        window=now.at - before.at if before else None,
        running=total(now, "sglang:num_running_reqs"),
        queued=total(now, "sglang:num_queue_reqs"),
        in_flight=total(now, ours.IN_FLIGHT.name),
        output_per_second=rate(now, before, "sglang:generation_tokens_total"),
        input_per_second=rate(now, before, "sglang:prompt_tokens_total"),
        requests_per_second=rate(now, before, "sglang:num_requests_total"),
        first_token=_spread(now, before, "sglang:time_to_first_token_seconds"),
        inter_token=_spread(now, before, "sglang:inter_token_latency_seconds"),
        request=_spread(now, before, "sglang:e2e_request_latency_seconds"),
        kv_use=largest(now, "sglang:token_usage"),
        kv_tokens=total(now, "sglang:max_total_num_tokens"),
        cache_hits=mean(now, "sglang:cache_hit_rate"),
        accept_length=mean(now, "sglang:spec_accept_length"),
        ready=total(now, ours.READY.name),
        hang=total(now, ours.HANG.name),
        refused=total(now, ours.REFUSALS.name),
        cut=total(now, ours.CUTS.name),
        restarts=total(now, ours.RESTARTS.name),
        started=total(now, ours.STARTED.name),
    )


def _spread(now: Look, before: Look | None, name: str) -> Spread | None:
    found = percentiles(now, before, name, SHARES)
    return Spread(*found) if found else None
