"""What a release showed once it served: one value that is committed beside its profile."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deployer.codec import DecodeError, decode_json, encode
from deployer.measure.canary.score import Score
from deployer.measure.gates import Gate
from deployer.measure.point import Point
from deployer.measure.run import Run
from deployer.verify.verdict import Verdict

FORMAT = 1
LARGEST = 5_000_000
"""Bytes of an evidence that are read: a run of ten loads has about 20 kB."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What verification found, by the names of its probes."""

    passed: tuple[str, ...]
    failed: tuple[str, ...]
    skipped: tuple[str, ...]
    unseen: tuple[str, ...]

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> Probed:
        """Sort verdicts by what they found."""
        by: dict[str, list[str]] = {}
        for verdict in verdicts:
            by.setdefault(verdict.outcome, []).append(verdict.probe)
        return cls(*(tuple(by.get(name, ())) for name in ("passed", "failed", "skipped", "unseen")))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the release of ``digest`` showed at ``date`` (seconds since the epoch), and on what.

    ``image`` is the image with its digest, where the profile's lock has one. ``cold_start`` is in
    seconds, None where nobody told it. ``run`` and ``score`` are None where nobody asked for them;
    a run holds what was predicted beside what was measured. ``memory`` is what the engine said at
    its start of what it holds, and how that stands beside what was reckoned; '' where it did not.
    """

    name: str
    digest: str
    date: float
    target: str
    model: str
    engine: str
    image: str
    hardware: str
    probed: Probed
    gates: tuple[Gate, ...] = ()
    cold_start: float | None = None
    run: Run | None = None
    score: Score | None = None
    memory: str = ""
    format_version: int = FORMAT

    def to_json(self) -> str:
        """Write it; the same bytes for the same value."""
        return json.dumps(encode(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Evidence:
        """Read it; raises :class:`~deployer.codec.DecodeError`."""
        found = decode_json(cls, text, FORMAT)
        try:
            dt.datetime.fromtimestamp(found.date, dt.UTC)
        except (OverflowError, ValueError, OSError) as error:
            message = f"its date is none: {found.date:g}"
            raise DecodeError(message) from error
        if (score := found.score) is not None and not 0 <= score.right <= score.asked > 0:
            message = f"its score is none: {score.right} of {score.asked}"
            raise DecodeError(message)
        return found


def said(evidence: Evidence, digest: str) -> tuple[str, ...]:
    """Say in sentences what a release showed; of another one than ``digest`` that it is stale."""
    day = dt.datetime.fromtimestamp(evidence.date, dt.UTC).strftime("%Y-%m-%d")
    if evidence.digest != digest:
        of = f"it is of release {evidence.digest[:12]} ({day}), and this is {digest[:12]}"
        return (f"stale: {of}; `deployer apply --evidence` writes it anew",)
    return (f"of this release, {day}, {evidence.hardware}: {_probed(evidence.probed)}",
            *_measured(evidence))  # fmt: skip


def _probed(probed: Probed) -> str:
    number = sum(map(len, (probed.passed, probed.failed, probed.unseen)))
    parts = [f"{len(probed.passed)} of {number} promises seen to hold"]
    parts += [f"BROKEN: {', '.join(probed.failed)}"] if probed.failed else []
    parts += [f"not seen: {', '.join(probed.unseen)}"] if probed.unseen else []
    return "; ".join(parts)


def _measured(evidence: Evidence) -> Iterator[str]:
    if evidence.memory:
        yield f"memory: {evidence.memory}"
    for gate in evidence.gates:
        found = f", measured {gate.measured}" if gate.measured else ""
        yield f"{gate.objective} {gate.held}: promised {gate.promised}{found}"
    for point in evidence.run.points if evidence.run else ():
        yield f"{point.load.words}, {point.load.label}: {_speed(point)}"
    for one in evidence.run.expected if evidence.run else ():
        yield (
            f"predicted at {one.concurrency} at a time: {one.throughput:,.0f} output tokens a "
            f"second, first token {one.first_token:,.0f} ms"
        )
    if (score := evidence.score) is not None:
        low, high = score.interval
        yield f"canary: {score.right} of {score.asked} right ({low:.1%} to {high:.1%})"


def _speed(point: Point) -> str:
    first = f", first token p95 {point.first_token.p95:,.0f} ms" if point.first_token else ""
    failed = f", {point.failed} failed" if point.failed else ""
    return f"{point.output_rate:,.1f} output tokens a second{first}{failed}"
