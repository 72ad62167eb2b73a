"""A run of loads as a page that opens without a network: charts, a table, what was before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from deployer.measure.load import ENOUGH
from deployer.measure.point import Point, Spread
from deployer.measure.run import Expected, Run
from deployer.report import bench
from deployer.report.chart import Mark, Series, svg
from deployer.visible import visible

TEMPLATES = Path(__file__).parent / "templates"
ACROSS = "output tokens a second"


def html(run: Run, before: Run | None) -> str:
    """Draw a run, the former one under it, and what was predicted."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only for a page
    from markupsafe import Markup  # noqa: PLC0415 - comes with it

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((TEMPLATES / "bench.html").read_text(encoding="utf-8"))
    return template.render(
        name=visible(run.name),
        tool=run.tool,
        facts=[*_facts(run)],
        head=[*zip(bench.HEAD, bench.UNIT, strict=True)],
        rows=[bench.cells(point) for point in run.points],
        former=[bench.cells(point) for point in before.points] if before else [],
        former_name=_named(before) if before else "",
        said=[(point.load.label, [*bench.said(point)]) for point in run.points],
        beside=[*bench.beside(run, before)],
        expected=[*bench.expected(run)],
        notes=[visible(note) for note in run.notes],
        legend=[*_legend(run, before)],
        # The charts escape what they are told; nothing else here is taken as it comes.
        charts=[(title, Markup(chart)) for title, chart in _charts(run, before)],  # noqa: S704
    )


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    yield "release", run.digest[:12] or "not known"
    yield "served model", visible(run.model)
    yield "engine", " ".join(part for part in (run.engine, visible(run.image)) if part) or "unknown"
    yield "hardware", visible(run.hardware) or "not known"
    yield "measured", f"{bench.moment(run.started)} by {run.tool}"
    for words in dict.fromkeys(point.load.words for point in run.points):
        yield "requests", visible(words)


def _named(run: Run) -> str:
    return f"release {run.digest[:12]}, {bench.moment(run.started)}"


def _legend(run: Run, before: Run | None) -> Iterator[tuple[str, str]]:
    yield "now p50", "this run, median"
    yield "now p95", "this run, 95th percentile"
    if before is not None:
        yield "then p50", f"the run before, median ({_named(before)})"
        yield "then p95", "the run before, 95th percentile"
    if run.expected:
        yield "said", "predicted, nothing measured"


def _charts(run: Run, before: Run | None) -> Iterator[tuple[str, str]]:
    for title, of, told in (
        ("Time to the first token", lambda p: p.first_token, lambda e: e.first_token),
        ("Each later token", lambda p: p.each_token, lambda e: e.each_token),
        ("Whole request", lambda p: p.whole, None),
    ):
        series = [*_series("this run", "now", run.points, of)]
        if before is not None:
            series += _series("the run before", "then", before.points, of)
        if told is not None:
            series.append(_predicted(run.expected, told))
        yield title, svg(series, ACROSS, f"{title.lower()}, ms")


def _series(
    name: str, style: str, points: tuple[Point, ...], of: Callable[[Point], Spread | None]
) -> Iterator[Series]:
    for share in ("p50", "p95"):
        marks = (
            Mark(point.output_rate, getattr(spread, share), _short(point), _told(point, spread))
            for point in points
            if (spread := of(point)) is not None and (share == "p50" or spread.count >= ENOUGH)
        )
        yield Series(f"{name}, {share}", f"{style} {share}", tuple(marks))


def _short(point: Point) -> str:
    load = point.load
    return str(load.concurrency) if load.rate is None else f"{load.rate:g}/s"


def _told(point: Point, spread: Spread) -> str:
    rate = f"{point.output_rate:,.0f} tokens a second"
    return f"{point.load.label}: {rate}, {bench.ms(spread.p50)} ms, p95 {bench.ms(spread.p95)} ms"


def _predicted(expected: tuple[Expected, ...], of: Callable[[Expected], float]) -> Series:
    marks = (
        Mark(one.throughput, of(one), str(one.concurrency), f"{one.concurrency} at a time")
        for one in expected
    )
    return Series("predicted", "said", tuple(marks))
