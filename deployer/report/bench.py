"""A run of loads as text for a terminal and as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from deployer.codec import encode
from deployer.measure.beside import Pair, pairs
from deployer.measure.load import ENOUGH
from deployer.measure.point import Point, Spread
from deployer.measure.run import Run
from deployer.plan.money import dollars
from deployer.report.envelope import envelope
from deployer.report.rows import counted, row, wrapped
from deployer.visible import visible

HEAD = (
    "load",
    "tokens/s",
    "req/s",
    "first token",
    "between pieces",
    "each token",
    "whole",
    "failed",
)
UNIT = ("", "output", "", "p50  p95 ms", "p50  p95 ms", "p50  p95 ms", "p50  p95 ms", "")


def text(run: Run, before: Run | None) -> str:
    """Write a table with a line a load, and below it what else was found."""
    blocks = ("\n".join(_head(run)), _table(run), "\n".join(_below(run, before)))
    return "\n".join(block for block in blocks if block) + "\n"


def to_json(run: Run, before: Run | None, notes: tuple[str, ...] = ()) -> str:
    """Write the run, and the run before with what has changed."""
    changed: list[Any] = [_changed(pair) for pair in pairs(run, before)]
    former = None if before is None else {"digest": before.digest, "started": before.started}
    return envelope({"run": encode(run), "before": former, "changed": changed, "notes": [*notes]})


def moment(seconds: float) -> str:
    """Write a moment to the minute."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


def took(spread: Spread | None) -> str:
    """Write a median and a 95th percentile in milliseconds, ``-`` where too few tell of it."""
    if spread is None:
        return ""
    return f"{ms(spread.p50)}  {ms(spread.p95) if spread.count >= ENOUGH else '-'}"


def ms(value: float) -> str:
    """Write milliseconds with three digits or more."""
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"  # noqa: PLR2004 - three digits


def _head(run: Run) -> Iterator[str]:
    what = f"release {run.digest[:12]}" if run.digest else "of a release that is not known"
    yield f"{visible(run.name)}: measured by {run.tool}, {moment(run.started)}"
    yield from row("served", f"{visible(run.model)}, {what}" + _on(run))
    for words in dict.fromkeys(point.load.words for point in run.points):
        yield from row("asked", visible(words))
    seeds = dict.fromkeys(point.load.seed for point in run.points)
    yield from row("prompts", f"drawn with {counted(len(seeds), 'seed')}, from {min(seeds)}")


def _on(run: Run) -> str:
    parts = [part for part in (f"SGLang {run.engine}" if run.engine else "", run.hardware) if part]
    return f" ({', '.join(parts)})" if parts else ""


def cells(point: Point) -> tuple[str, ...]:
    """Write the cells of a load."""
    return (
        point.load.label,
        f"{point.output_rate:,.1f}",
        f"{point.request_rate:.2f}",
        took(point.first_token),
        took(point.between),
        took(point.each_token),
        took(point.whole),
        f"{point.failed} of {point.completed + point.failed}",
    )


def _table(run: Run) -> str:
    rows = [HEAD, UNIT, *(cells(point) for point in run.points)]
    wide = [max(len(each[at]) for each in rows) for at in range(len(HEAD))]
    lines = ("  ".join(_set(cell, wide[at], at) for at, cell in enumerate(each)) for each in rows)
    return "".join(f"\n  {line.rstrip()}" for line in lines)[1:] + "\n"


def _set(cell: str, width: int, at: int) -> str:
    return cell.ljust(width) if at == 0 else cell.rjust(width)


def _below(run: Run, before: Run | None) -> Iterator[str]:
    for point in run.points:
        if found := "; ".join(said(point)):
            yield from wrapped(f"  {point.load.label}: ", found)
    for line in beside(run, before):
        yield from row("before", line)
    for line in expected(run):
        yield from row("predicted", line)
    for note in run.notes:
        yield from row("note", visible(note))


def said(point: Point) -> Iterator[str]:
    """Say of a load what no column holds."""
    if point.goodput is not None and point.attained is not None:
        yield f"{point.attained:.1%} within {within(point)}, {point.goodput:.2f} a second"
    if point.accept_length is not None:
        yield f"{point.accept_length:.2f} tokens a step of speculation"
    if point.cached is not None:
        yield f"{point.cached:.0%} of the prompts' tokens were in the prefix cache"
    if point.million is not None:
        yield f"{dollars(point.million)} a million output tokens of one container"
    requests = point.first_token.count if point.first_token else 0
    if requests < ENOUGH:
        yield f"{counted(requests, 'request')} tell nothing of a 95th percentile ({ENOUGH} would)"
    elif point.first_token and point.first_token.low is not None:
        low, high = point.first_token.low, point.first_token.high
        ends = f"at least {ms(low)}" if high is None else f"between {ms(low)} and {ms(high)}"
        yield f"the first token's p95 is {ends} ms (95 % confidence)"
    if point.recounted:
        yield "the tool counts answers without text as answered; here they failed"
    yield from (visible(fault) for fault in point.faults)


def within(point: Point) -> str:
    """Say what a good request stays within."""
    bounds = point.bounds
    named = (
        ("to the first token", bounds.first_token),
        ("a later token", bounds.each_token),
        ("in all", bounds.whole),
    )
    return ", ".join(f"{bound:g} ms {name}" for name, bound in named if bound is not None)


def beside(run: Run, before: Run | None) -> Iterator[str]:
    """Say what has changed against a former run."""
    if before is None:
        return
    same = "the same release" if before.digest == run.digest else f"release {before.digest[:12]}"
    found = pairs(run, before)
    when = f"{moment(before.started)}, {same}"
    if not found:
        yield f"{when}: measured under other loads, so that nothing is compared"
    for pair in found:
        yield f"{when}, {pair.now.load.label}: {_difference(pair)}"


def _difference(pair: Pair) -> str:
    grown = pair.output_rate
    parts = ["no tokens then" if grown is None else f"{grown:+.1%} tokens a second"]
    now, old = pair.now.first_token, pair.before.first_token
    if now is not None and old is not None and old.p95:
        sure = {True: ", surely later", False: "", None: ", too few to be sure"}
        change = now.p95 / old.p95 - 1
        parts.append(f"first token's p95 {change:+.1%}{sure[pair.slower_start]}")
    return ", ".join(parts)


def _changed(pair: Pair) -> dict[str, object]:
    return {
        "load": encode(pair.now.load),
        "output_rate": pair.output_rate,
        "first_token_p95_surely_later": pair.slower_start,
    }


def expected(run: Run) -> Iterator[str]:
    """Say what was predicted, beside what was measured."""
    if run.unexpected:
        yield visible(run.unexpected)
    for each in run.expected:
        point = next(one for one in run.points if one.load.concurrency == each.concurrency)
        first, one = (ms(p.p50) if p else "?" for p in (point.first_token, point.each_token))
        yield (
            f"{point.load.label}: {each.throughput:,.0f} tokens a second ({point.output_rate:,.0f} "
            f"measured), first token {ms(each.first_token)} ms ({first}), "
            f"each token {ms(each.each_token)} ms ({one})"
        )
