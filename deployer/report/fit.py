"""What fits, as text for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from deployer.behaviour.pool import AMISS
from deployer.facts.sglang.catalogue import is_newer, newest
from deployer.fit.fit import Fit
from deployer.report.envelope import envelope
from deployer.visible import visible

LABEL = 19
"""Columns of the names on the left."""

BAR = 60
"""Columns of the bar."""

LAYOUTS = {
    "bf16": "BF16",
    "fp8": "FP8",
    "fp8_flashmla": "FP8 as FlashMLA stores it",
}
"""How a reader knows a layout."""

Segment = tuple[str, str, float]


Named = tuple[str, Fit]
"""What fits, and the name of the profile that says it."""


def text(name: str, found: Fit, others: Iterable[Named] = ()) -> str:
    """Write of each shape a table, a bar for one GPU, and how exact the numbers are."""
    return "\n".join(_text(*each) for each in ((name, found), *others))


def _text(name: str, found: Fit) -> str:
    rows = (*_memory(found), *_tokens(found), *_fraction(found))
    lines = [f"{visible(name)}: {visible(found.repo)} on {found.gpu}, SGLang {found.version}", ""]
    lines += [f"  {label:{LABEL}}{value}" for label, value in rows]
    lines += ["", *_bar(found), "", *_exact(found)]
    return "\n".join(lines) + "\n"


def to_json(name: str, found: Fit, others: Iterable[Named] = ()) -> str:
    """Write every number; sizes are GiB of one GPU, tokens those of one data-parallel rank."""
    first, *more = (_value(*each) for each in ((name, found), *others))
    return envelope({**first, "shapes": more} if more else first)


def _value(name: str, found: Fit) -> dict[str, Any]:
    pool = found.pool
    return {
        "name": name,
        "model": found.repo,
        "model_source": found.model_source,
        "gpu": found.gpu,
        "engine": found.version,
        "gib": {
            "total": round(found.total, 2),
            "taken_before_load": round(found.taken, 2),
            "weights": found.weights,
            "copies": round(found.copies, 2),
            "states": round(found.states, 2),
            "drafting": round(found.later, 2),
            "kv_pool": round(pool.gib, 2) if pool else 0,
            "rest": round(found.rest, 2),
            "engine_reserves": round(found.own.reserved, 2),
        },
        "kv": {"layout": found.layout, "bytes_per_token": found.bytes_each},
        "mem_fraction_static": {
            "used": found.fraction,
            "stated": found.stated,
            "engine_would_choose": found.own.fraction,
            "rule_of": found.own.rule,
        },
        "tokens": {
            "pool": found.tokens,
            "server": found.tokens * found.ranks,
            "capacity": pool.capacity if pool else 0,
            "capped": bool(pool and pool.capped),
            "data_parallel_ranks": found.ranks,
            "per_running_request": found.each,
            "running_requests": found.requests,
            "longest_request": found.longest,
            "context": found.context,
            "one_context_fits": found.fits_once,
        },
        "error_percent": found.band,
        "engine_known": not is_newer(found.version),
    }


def _memory(found: Fit) -> Iterator[tuple[str, str]]:
    yield "GPU memory", f"{found.total:.1f} GiB, of which about {found.taken:.1f} before loading"
    yield "weights", f"{found.weights:.1f} GiB"
    if found.copies:
        yield "", f"and {found.copies:.1f} GiB of second copies for latent attention"
    if found.states:
        yield "states", f"{found.states:.1f} GiB of linear attention, for requests and prefixes"
    if found.later:
        yield "drafting", f"{found.later:.1f} GiB, taken when the pool has its size"
    layout = f"{LAYOUTS[found.layout]}, {found.bytes_each:,} bytes a token"
    if found.pool is None:
        yield "KV pool", f"none: {-found.budget:.1f} GiB are missing ({layout})"
        return
    each = " on each data-parallel rank" if found.ranks > 1 else ""
    yield "KV pool", f"{found.pool.gib:.1f} GiB, {found.tokens:,} tokens{each} ({layout})"
    if found.ranks > 1:
        yield "", f"{found.tokens * found.ranks:,} tokens of the server, on {found.ranks} ranks"
    if found.pool.capped:
        yield "", f"capped: there is room for about {found.pool.capacity:,}"


def _tokens(found: Fit) -> Iterator[tuple[str, str]]:
    if found.each is not None:
        yield "for each request", f"{found.each:,} tokens, with {found.requests} running"
    else:
        yield "for each request", "not known: schedule.max_running_requests is not stated"
    yield "longest request", f"{found.longest:,} tokens"
    times = found.tokens / found.context
    fits = f"fits {times:.1f} times" if found.fits_once else "does not fit once"
    yield "full context", f"{found.context:,} tokens {fits}"


def _fraction(found: Fit) -> Iterator[tuple[str, str]]:
    whose = "stated" if found.stated else "the engine chooses it"
    yield "fraction", f"{found.fraction:g} ({whose})"
    rule = f"the rule since {found.own.rule}, which keeps {found.own.reserved:.1f} GiB free"
    if found.stated:
        yield "engine's own", f"{found.own.fraction:g} ({rule})"
    else:
        yield "", rule
    yield "left for the rest", f"{found.rest:.1f} GiB for graphs and activations"


def _bar(found: Fit) -> Iterator[str]:
    """Draw one GPU: a letter for every part, as wide as it is large."""
    segments = list(_segments(found))
    shown = sum(size for _letter, _name, size in segments)
    drawn, done = "", 0.0
    for letter, _name, size in segments:
        done += size
        drawn += letter * (round(done / shown * BAR) - len(drawn))
    yield f"  [{drawn:{BAR}}] {found.total:.0f} GiB"
    names = (f"{letter} {name} {size:.1f}" for letter, name, size in segments)
    yield f"   {', '.join(names)}"
    if found.pool is None:
        yield f"   The weights need {found.weights:.1f} GiB of {found.total - found.taken:.1f}."
    elif found.stated and found.free < 0:
        yield f"   The engine's own rule would keep {-found.free:.1f} GiB more for graphs."


def _segments(found: Fit) -> Iterator[Segment]:
    graphs = max(0.0, min(found.rest, found.own.reserved))
    yield "-", "taken before", found.taken
    yield "W", "weights", found.weights + found.copies + found.states + found.later
    yield "K", "KV", found.pool.gib if found.pool else 0.0
    yield "G", "graphs and activations", graphs
    yield ".", "free", max(0.0, found.rest - graphs)


def _exact(found: Fit) -> Iterator[str]:
    within = f", here within about {found.band} %" if found.pool else ""
    yield f"  An estimate from shapes{within}: pools that were published or measured were off by"
    yield f"  less than {AMISS:g} GiB. Nothing was run."
    if is_newer(found.version):
        version = visible(found.version)
        yield f"  SGLang {version} is newer than {newest()}, the newest known here, by whose rules"
        yield "  it is reckoned: it may have others."
    yield f"  Shapes: {visible(found.model_source) or 'the given configuration'}"
