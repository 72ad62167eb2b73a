"""What a server tells of itself in Prometheus' text: the names, once, and how they are counted.

Names end in their base unit (seconds, bytes) and counters in ``_total``, as Prometheus asks
(https://prometheus.io/docs/practices/naming/). The engine's own, ``sglang:...``, stand beside them.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"

PREFIX = "deployer_"


@dataclass(frozen=True, slots=True)
class Metric:
    """One name: its kind, what it means, the labels of its samples, and a histogram's bounds."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


WAITS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60)
GAPS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
DURATIONS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 120, 300, 600)

INFO = Metric(
    f"{PREFIX}info",
    GAUGE,
    "Always 1; the labels say what is served.",
    ("release", "model", "engine"),
)
READY = Metric(f"{PREFIX}ready", GAUGE, "Whether requests are let through: 1 or 0.")
DRAINING = Metric(f"{PREFIX}draining", GAUGE, "Whether it was asked to stop and lets requests end.")
HANG = Metric(
    f"{PREFIX}hang_suspected",
    GAUGE,
    "Whether the engine makes no progress though it should: 1 or 0.",
)
STARTED = Metric(
    f"{PREFIX}start_timestamp_seconds",
    GAUGE,
    "When the start of this server began, since the epoch.",
)
STAGES = Metric(
    f"{PREFIX}start_stage_seconds", GAUGE, "How long each stage of the start took.", ("stage",)
)
RESTARTS = Metric(
    f"{PREFIX}engine_restarts_total", COUNTER, "Engines that were started after the first one."
)
DOORS = Metric(f"{PREFIX}door_restarts_total", COUNTER, "Doors that were started after the first.")
IN_FLIGHT = Metric(
    f"{PREFIX}requests_in_flight",
    GAUGE,
    "Requests that the engine has and has not answered to the end.",
)
REQUESTS = Metric(
    f"{PREFIX}requests_total",
    COUNTER,
    "Requests by route and status, refused ones too; 499: the client left, 502: it broke off.",
    ("route", "status"),
)
REFUSALS = Metric(
    f"{PREFIX}refusals_total",
    COUNTER,
    "Requests that were refused without the engine, by the error's code.",
    ("code",),
)
CUTS = Metric(
    f"{PREFIX}cuts_total",
    COUNTER,
    "Answers that were ended before they were complete: by a stop, or by the engine.",
    ("by",),
)
FIRST = Metric(
    f"{PREFIX}time_to_first_token_seconds",
    HISTOGRAM,
    "From a request to the first piece of its stream.",
    buckets=WAITS,
)
GAP = Metric(
    f"{PREFIX}inter_token_seconds",
    HISTOGRAM,
    "Between two pieces of a stream, as they came from the engine.",
    buckets=GAPS,
)
TOOK = Metric(
    f"{PREFIX}request_seconds",
    HISTOGRAM,
    "From a request to the end of its answer.",
    buckets=DURATIONS,
)
BYTES = Metric(
    f"{PREFIX}response_bytes_total", COUNTER, "Bytes of answers that came from the engine."
)
CONNECTIONS = Metric(f"{PREFIX}connections", GAUGE, "Connections of clients that are open.")
CONNECTIONS_REFUSED = Metric(
    f"{PREFIX}connections_refused_total",
    COUNTER,
    "Connections that were ended because there were too many.",
)
SPANS_DROPPED = Metric(
    f"{PREFIX}trace_spans_dropped_total", COUNTER, "Traces of requests that nobody took."
)

METRICS = (
    INFO, READY, DRAINING, HANG, STARTED, STAGES, RESTARTS, DOORS, IN_FLIGHT, REQUESTS, REFUSALS,
    CUTS, FIRST, GAP, TOOK, BYTES, CONNECTIONS, CONNECTIONS_REFUSED, SPANS_DROPPED,
)  # fmt: skip
"""All of them, in the order in which they are written."""


class Meter:
    """Counts, and writes what it has counted. A sample that was never set is not written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, dict[tuple[str, ...], float]] = {m.name: {} for m in METRICS}
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}
        for metric in METRICS:
            if metric.kind == COUNTER and not metric.labels:
                self._values[metric.name][()] = 0.0
            if metric.kind == HISTOGRAM:
                self._counts[metric.name] = [0] * (len(metric.buckets) + 1)
                self._sums[metric.name] = 0.0

    def add(self, metric: Metric, *labels: str, amount: float = 1) -> None:
        """Count up."""
        with self._lock:
            values = self._values[metric.name]
            values[labels] = values.get(labels, 0.0) + amount

    def forget(self, metric: Metric) -> None:
        """Write no sample of it until it is set again."""
        with self._lock:
            self._values[metric.name].clear()

    def put(self, metric: Metric, value: float) -> None:
        """Put a counter to what another one has counted."""
        self.set(metric, value)

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Put a gauge where it stands."""
        with self._lock:
            self._values[metric.name][labels] = float(value)

    def observe(self, metric: Metric, value: float) -> None:
        """Count a value into its bucket."""
        at = bisect_left(metric.buckets, value)
        with self._lock:
            self._counts[metric.name][at] += 1
            self._sums[metric.name] += value

    def text(self) -> str:
        """Write all in Prometheus' text format, version 0.0.4."""
        with self._lock:
            return "".join(f"{line}\n" for metric in METRICS for line in self._of(metric))

    def _of(self, metric: Metric) -> list[str]:
        lines = [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
        if metric.kind != HISTOGRAM:
            values = self._values[metric.name]
            lines += [
                f"{metric.name}{_labels(zip(metric.labels, each, strict=True))} {_number(value)}"
                for each, value in sorted(values.items())
            ]
            return lines if values else []
        count = 0
        for bound, size in zip((*metric.buckets, math.inf), self._counts[metric.name], strict=True):
            count += size
            lines.append(f"{metric.name}_bucket{_labels([('le', _number(bound))])} {count}")
        lines.append(f"{metric.name}_sum {_number(self._sums[metric.name])}")
        lines.append(f"{metric.name}_count {count}")
        return lines


def _labels(pairs: Iterable[tuple[str, str]]) -> str:
    written = ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs)
    return f"{{{written}}}" if written else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))  # noqa: PLR2004 - what a double holds exactly
