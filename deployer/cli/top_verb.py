"""`deployer top`: one endpoint, live: requests, tokens, latencies, KV use, cost."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from deployer.cli.completing import deployments
from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.number import Number
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import harmless, show_as
from deployer.errors import Failure, UsageError

if TYPE_CHECKING:
    from deployer.apply.target import Reached
    from deployer.observe.reading import Look
    from deployer.report.top import Seen


@click.command("top")
@click.argument("name", metavar="NAME|PROFILE", shell_complete=deployments)
@click.option(
    "--every", type=Number(min=0.2, max=3600), default=2.0, show_default=True,
    help="Seconds between two looks: what rates and percentiles are about.",
)  # fmt: skip
@click.option("--once", is_flag=True, help="Show it once, as without a terminal.")
@FORM
@TIMEOUT
@environment_option
def command(name: str, every: float, form: str, *, once: bool) -> int:
    """Watch one endpoint by its metrics, until Ctrl-C.

    Without a terminal it looks twice and shows what happened between. What the server does not tell
    is said to be not told. On Modal this wakes a container, and shows the one that answers.
    """
    from deployer.cli.reaching import reach  # noqa: PLC0415 - brings what verify needs

    reached = reach(name, None)
    if not reached.endpoint.metrics:
        message = f"`{reached.release.name}` tells no metrics"
        raise UsageError(message, hint="`observability.metrics: true` in its profile turns them on")
    seen = _seen(reached, _looks(reached, every))
    live = form == "text" and not once and sys.stdout is not None and sys.stdout.isatty()
    if live:
        _watch(seen)
    else:
        from deployer.report.top import lines, to_json  # noqa: PLC0415 - only what is shown

        first = next(seen)
        text = "".join(f"{line}\n" for line in lines(first))
        show_as(form, to_json(first) if form == "json" else text)
    return 0


def _looks(reached: Reached, every: float) -> Iterator[tuple[Look, Look]]:
    """Look, and look again after a while: each look with the one before it."""
    from deployer.measure.run import looking_at  # noqa: PLC0415 - needs requests

    ask = looking_at(reached.endpoint)
    before = ask()
    while True:
        time.sleep(every)
        now = ask()
        yield now, before
        before = now


def _seen(reached: Reached, looks: Iterator[tuple[Look, Look]]) -> Iterator[Seen]:
    from deployer.observe.snapshot import NOTHING, snapshot  # noqa: PLC0415 - only what the verb needs
    from deployer.report.top import Seen  # noqa: PLC0415 - as above

    of, url, hourly = reached.release, reached.endpoint.url, _hourly(reached)
    several = of.gpus if of.shapes else ""
    for now, before in looks:
        told = snapshot(now, before)
        if told == replace(NOTHING, window=told.window):
            message = f"{url}/metrics tells nothing that is looked for: what answers is no engine"
            raise Failure(message, hint="`deployer verify` says how the endpoint stands")
        yield Seen(of.name, url, time.time(), told, hourly, of.modal is None, several)


def _hourly(reached: Reached) -> float | None:
    """Give the dollars of an hour of one container; None on this machine, and without a price.

    Of several shapes nobody said which one answers.
    """
    if reached.release.modal is None or reached.release.shapes:
        return None
    from deployer.cli.pricing import prices  # noqa: PLC0415 - only for money
    from deployer.plan.cost import container_hour  # noqa: PLC0415 - as above

    return container_hour(reached.release, reached.release.modal, prices())


def _watch(seen: Iterator[Seen], stop: Callable[[], bool] = lambda: False) -> None:
    """Draw over what was drawn, until Ctrl-C."""
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.live import Live  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    from deployer.report.top import lines  # noqa: PLC0415 - only what is shown

    try:
        with Live(Text("looking…"), console=Console(), auto_refresh=False, screen=False) as live:
            for each in seen:
                live.update(Text(harmless("\n".join(lines(each)))), refresh=True)
                if stop():
                    return
    except KeyboardInterrupt:
        return
