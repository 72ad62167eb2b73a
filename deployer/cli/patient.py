"""`--timeout`: how long a verb waits for Modal, all of it together; and what it says meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deployer.cli.number import Number
from deployer.cli.say import tell
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.apply.patience import Patience


def _be_patient(ctx: click.Context, _param: click.Parameter, seconds: float | None) -> None:
    from deployer.apply.patience import Patience, using  # noqa: PLC0415 - only what a verb needs

    if not ctx.resilient_parsing:
        ctx.with_resource(using(Patience(seconds, _tell)))


def _be_patient_too(ctx: click.Context, param: click.Parameter, seconds: float) -> float:
    _be_patient(ctx, param, seconds)
    return seconds


def patience() -> Patience:
    """Give the patience of the verb that runs."""
    from deployer.apply.patience import current  # noqa: PLC0415 - as above

    return current()


def _tell(text: str) -> None:
    tell(f"{visible(text)} ...")


TIMEOUT_OF_ALL = click.option(
    "--timeout",
    type=Number(min=0, min_open=True),
    default=1800.0,
    callback=_be_patient_too,
    help="Seconds for all of it.",
)
"""Of a verb that has an end of its own anyhow: it bounds what is asked of Modal before, too."""

TIMEOUT = click.option(
    "--timeout",
    type=Number(min=0, min_open=True),
    metavar="SECONDS",
    expose_value=False,
    callback=_be_patient,
    help="Give up after so long, where Modal is waited for.",
)
"""Of every verb that asks Modal. Without it each question has its own end."""
