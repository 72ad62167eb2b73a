"""`deployer cost`: what a profile costs by the hour, by the month, and once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deployer.cli.completing import profiles
from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.notes import notes_options
from deployer.cli.number import Number
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import show_as

if TYPE_CHECKING:
    from deployer.compile.case import Case


@click.command("cost")
@click.argument("profiles", nargs=-1, required=True, metavar="PROFILE...", shell_complete=profiles)
@click.option(
    "--hours",
    type=Number(min=0, max=24, min_open=True),
    help="Hours of traffic a day; by default 1, 8 and 24 are shown.",
)
@click.option("--refresh-prices", is_flag=True, help="Ask Modal for the account's rates first.")
@FORM
@notes_options
@TIMEOUT
@environment_option
def command(
    profiles: tuple[str, ...], hours: float | None, form: str, *, refresh_prices: bool
) -> int:
    """Show what a profile costs: serving, idling, starting, a month, and what is paid once.

    Nobody is asked: prices come from the table that was refreshed last, or from the one that is
    shipped, and the first line says which, and of when.
    """
    from deployer.cli.many import each  # noqa: PLC0415 - only what the verb needs

    if refresh_prices and len(profiles) > 1:
        _refreshed()
    once = refresh_prices and len(profiles) == 1
    return each(profiles, lambda profile: _one(profile, hours, form, refresh_prices=once), form)


def _refreshed() -> None:
    from deployer.apply.modal.prices import refresh  # noqa: PLC0415 - imports modal

    refresh()


def _one(profile: str, hours: float | None, form: str, *, refresh_prices: bool) -> int:
    from deployer.cli.reading import read_case  # noqa: PLC0415 - only what the verb needs

    case = read_case(profile)
    release = case.release
    if release.modal is None:
        from deployer.report.cost import local, local_json  # noqa: PLC0415 - as above

        show_as(form, (local_json if form == "json" else local)(release.name))
        return 0
    if refresh_prices:
        _refreshed()
    show_as(form, _shown(case, hours, form))
    return 0


def _shown(case: Case, hours: float | None, form: str) -> str:
    from deployer.cli.pricing import prices  # noqa: PLC0415 - only what the verb needs
    from deployer.plan.bill import USUAL, bills  # noqa: PLC0415 - as above
    from deployer.report.cost import text, to_json  # noqa: PLC0415 - as above

    found = bills(case.each_shape(), prices(), USUAL if hours is None else (hours,))
    return to_json(found) if form == "json" else text(found)
