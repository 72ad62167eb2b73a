"""From what the tool wrote to a point: its own figures, held against each request's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deployer.errors import Failure
from deployer.measure.last import last_error
from deployer.measure.load import Bounds, Load
from deployer.measure.point import Point, Spread, spread
from deployer.verify.endpoint import Endpoint

SHOWN = 3
"""Different faults of requests that are kept; how many more there were is said."""

COUNTED = 0.02
"""The share of tokens by which the engine's count may be behind: it counts a token late."""

LONGEST = 300
"""Characters of each."""

SILENT = "the answer had no text in it, and the tool counts it as answered"


@dataclass(frozen=True, slots=True)
class Told:
    """What the engine's metrics told of a load; None is what they did not.

    ``generated`` counts the tokens that it made, for whomever.
    """

    accept_length: float | None = None
    cached: float | None = None
    generated: float | None = None


@dataclass(frozen=True, slots=True)
class _Request:
    """What the tool wrote of one request: seconds, and the gaps between pieces of its stream."""

    first: float
    gaps: tuple[float, ...]
    inputs: int
    outputs: int
    error: str

    @property
    def whole(self) -> float:
        return self.first + math.fsum(self.gaps)

    @property
    def each(self) -> float:
        return math.fsum(self.gaps) / (self.outputs - 1) if self.outputs > 1 else 0.0


def to_point(
    found: Mapping[str, Any],
    load: Load,
    endpoint: Endpoint,
    *,
    bounds: Bounds,
    told: Told,
    hourly: float | None,
) -> Point:
    """Read a result. ``hourly`` is the dollars of an hour of a container.

    An answer whose stream broke off with an error before its first token is counted by the tool as
    answered, its first token after 0 s (0.5.23; sgl-project/sglang#7747): here it has failed, and
    the figures are reckoned anew from the requests that did not. Raises Failure for a result that
    is none.
    """
    try:
        requests = _requests(found)
        seconds = float(found["duration"])
        whole, each = (_told(found, name, len(requests)) for name in ("e2e_latency", "tpot"))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        message = f"the tool that drives the load wrote what cannot be read: {error!r}"
        raise Failure(message) from error
    right = [one for one in requests if not one.error and one.first > 0]
    silent = sum(not one.error and one.first <= 0 for one in requests)
    met = sum(_meets(one, bounds) for one in right)
    outputs = sum(one.outputs for one in right)
    inputs = sum(one.inputs for one in right)
    rate = outputs / seconds
    return Point(
        load=load,
        seconds=seconds,
        completed=len(right),
        failed=len(requests) - len(right),
        input_tokens=inputs,
        output_tokens=outputs,
        request_rate=len(right) / seconds,
        output_rate=rate,
        total_rate=(inputs + outputs) / seconds,
        first_token=spread([one.first * 1000 for one in right]),
        between=spread([gap * 1000 for one in right for gap in one.gaps], independent=False),
        each_token=spread([one.each * 1000 for one in right]) if silent else each,
        whole=spread([one.whole * 1000 for one in right]) if silent else whole,
        bounds=bounds,
        goodput=met / seconds if bounds else None,
        attained=met / len(requests) if bounds else None,
        accept_length=told.accept_length,
        cached=told.cached,
        million=hourly / 3600 / rate * 1e6 if hourly and rate else None,
        faults=(*_faults(requests, endpoint, silent), *_uncounted(outputs, told)),
        recounted=silent > 0,
    )


def _requests(found: Mapping[str, Any]) -> list[_Request]:
    columns = (found[name] for name in ("ttfts", "itls", "input_lens", "output_lens", "errors"))
    return [
        _Request(float(first), tuple(map(float, gaps)), int(inputs), int(outputs), str(error))
        for first, gaps, inputs, outputs, error in zip(*columns, strict=True)
    ]


def _told(found: Mapping[str, Any], name: str, count: int) -> Spread | None:
    """Take percentiles as the tool gives them, of what it does not write for each request."""
    if not found["completed"]:
        return None
    mean, p50, p90, p95, p99 = (
        float(found[f"{share}_{name}_ms"]) for share in ("mean", "median", "p90", "p95", "p99")
    )
    return Spread(min(int(found["completed"]), count), mean, p50, p90, p95, p99)


def _meets(one: _Request, bounds: Bounds) -> bool:
    return bounds.admit(one.first * 1000, one.each * 1000, one.whole * 1000)


def _faults(requests: Sequence[_Request], endpoint: Endpoint, silent: int) -> tuple[str, ...]:
    lines = (last_error(one.error) for one in requests if one.error)
    found = list(dict.fromkeys(" ".join(endpoint.hide(line).split())[:LONGEST] for line in lines))
    more = len(found) - SHOWN
    left = (f"and {more} more faults that read differently",) if more > 0 else ()
    return (*found[:SHOWN], *left, *((f"{silent} times: {SILENT}",) if silent else ()))


def _uncounted(outputs: int, told: Told) -> tuple[str, ...]:
    """Say where the engine made clearly fewer tokens than the tool counts.

    The tool takes an answer that broke off in its middle for one of the length that was asked for.
    """
    if told.generated is None or told.generated >= outputs * (1 - COUNTED):
        return ()
    made = f"the engine counts {told.generated:,.0f} tokens, and the tool {outputs:,}"
    return (f"{made}: answers broke off, or another container gave them",)
