"""`deployer bench`: how fast an endpoint is under load."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.notes import notes_options
from deployer.cli.number import Number
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import show_as, tell
from deployer.cli.whom import whom
from deployer.errors import UsageError
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.measure.load import Load

SWEEP = "1,4,16"
"""Requests at a time, unless somebody says otherwise."""

LIMIT = Number(min=0, min_open=True)
"""What a good request stays within."""

ADDRESSABLE = 2**31
"""What a seed stays below: the tool gives it to NumPy, which takes 32 bits."""


@click.command("bench")
@whom
@click.option(
    "--tokenizer", metavar="FOLDER|REPO", help="The model's tokenizer; by default the profile's."
)
@click.option("--input", "inputs", type=click.IntRange(min=1), default=1024, help="Tokens asked.")
@click.option(
    "--output", "outputs", type=click.IntRange(min=2), default=256, help="Tokens answered."
)
@click.option("--concurrency", metavar="N,N,...", help=f"Requests at a time; by default {SWEEP}.")
@click.option("--rate", metavar="R,R,...", help="Requests a second, as a Poisson process.")
@click.option(
    "--requests", type=click.IntRange(min=1),
    help="Of each load; by default 5 for each at a time, and 80 at least.",
)  # fmt: skip
@click.option(
    "--shared-prefix", "prefix", type=click.IntRange(min=0), default=0,
    help="Tokens before the input that the requests of a group share.",
)  # fmt: skip
@click.option("--groups", type=click.IntRange(min=1), default=8, help="Of requests with a prefix.")
@click.option(
    "--trace", type=click.Path(exists=True, dir_okay=False),
    help="Recorded chat requests, one JSON a line, sent in their order.",
)  # fmt: skip
@click.option(
    "--ttft",
    type=LIMIT,
    help="Milliseconds to the first token of a good request; by default as `objectives` says.",
)
@click.option("--tpot", type=LIMIT, help="Milliseconds a later token of a good request.")
@click.option("--e2e", type=LIMIT, help="Milliseconds in all of a good request.")
@click.option(
    "--seed", type=click.IntRange(min=0, max=ADDRESSABLE - 1),
    help="Of the prompts. Without it they are new, and no cache holds them.",
)  # fmt: skip
@click.option("--html", "page", metavar="FILE", default="", help="Write a page that shows it.")
@FORM
@notes_options
@TIMEOUT
@environment_option
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    profile: str | None,
    url: str | None,
    model: str | None,
    key_env: str | None,
    tokenizer: str | None,
    inputs: int,
    outputs: int,
    concurrency: str | None,
    rate: str | None,
    requests: int | None,
    prefix: int,
    groups: int,
    trace: str | None,
    ttft: float | None,
    tpot: float | None,
    e2e: float | None,
    seed: int | None,
    page: str,
    form: str,
) -> int:
    """Measure how fast an endpoint is under load, with SGLang's own benchmark.

    It runs in the engine's environment (`deployer engine install`), against a PROFILE's endpoint, a
    deployment's NAME, or `--url`. Each load is a run of its own. What was measured is kept with the
    release's digest, and shown beside the last run and beside `deployer predict`. On Modal this
    wakes a container. Exits 1 if a request failed.
    """
    from deployer.cli.benching import (  # noqa: PLC0415 - only what the verb needs
        Asked,
        benched,
        bounds_of,
        objectives_of,
    )
    from deployer.cli.writing import refuse_unwritable, write_file  # noqa: PLC0415 - as above
    from deployer.measure.load import Bounds, Load  # noqa: PLC0415 - as above
    from deployer.measure.trace import requests_in  # noqa: PLC0415 - as above
    from deployer.report.bench import text, to_json  # noqa: PLC0415 - as above

    first = secrets.randbelow(ADDRESSABLE) if seed is None else seed
    if page:
        refuse_unwritable(page)
    recorded = requests_in(trace) if trace else None
    one = Load(inputs, outputs, 0, first, None, None, prefix, groups if prefix else 1, trace or "")
    loads = [
        replace(each, seed=(first + at) % ADDRESSABLE, requests=_enough(each, requests, recorded))
        for at, each in enumerate(_grid(one, concurrency, rate))
    ]
    bounds = Bounds(ttft, tpot, e2e) or bounds_of(objectives_of(profile))
    run, before = benched(Asked(profile, url, model, key_env, tokenizer), loads, bounds)
    show_as(form, to_json(run, before) if form == "json" else text(run, before))
    if page:
        from deployer.report.bench_page import html  # noqa: PLC0415 - only for a page

        write_file(page, html(run, before))
        tell(f"Wrote {visible(page)}.")
    return 1 if run.failed else 0


def _grid(one: Load, concurrency: str | None, rate: str | None) -> Iterator[Load]:
    """Give a load for each rate with each concurrency, or for each of what was asked for."""
    levels: list[float | None] = [*_numbers(concurrency, "--concurrency", whole=True)]
    rates: list[float | None] = [*_numbers(rate, "--rate", whole=False)] or [None]
    if not levels and rates == [None]:
        levels = [*_numbers(SWEEP, "--concurrency", whole=True)]
    for each in rates:
        for level in levels or [None]:
            yield replace(one, concurrency=None if level is None else int(level), rate=each)


def _enough(load: Load, requests: int | None, recorded: int | None = None) -> int:
    """Give a number of requests that every group has its share of; of a trace, that it holds."""
    from deployer.measure.load import needed  # noqa: PLC0415 - only what the verb needs

    number = requests or needed(load.concurrency)
    if recorded is None:
        return -(-number // load.groups) * load.groups
    if requests and requests > recorded:
        message = f"--requests {requests}: {load.trace} holds {recorded}"
        raise UsageError(message, hint="leave it out, and all of them are sent")
    return min(number, recorded)


def _numbers(given: str | None, option: str, *, whole: bool) -> list[float]:
    try:
        found = [float(each) for each in given.split(",")] if given else []
    except ValueError:
        found = [0.0]
    if any(not each > 0 or each == float("inf") or (whole and each % 1) for each in found):
        message = f"{option} {given}: this is no list of numbers above 0"
        raise UsageError(message, hint=f"such as {option} {SWEEP}")
    return found
