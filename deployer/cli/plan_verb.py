"""`deployer plan`: what an apply would do, and cost."""

from __future__ import annotations

import click

from deployer.cli.completing import profiles
from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.manner import Asked
from deployer.cli.notes import notes_options
from deployer.cli.patient import TIMEOUT
from deployer.cli.target import carrier
from deployer.errors import UsageError


@click.command("plan")
@click.argument("profiles", nargs=-1, required=True, metavar="PROFILE...", shell_complete=profiles)
@click.option(
    "--offline", is_flag=True, help="Ask nobody; compare with what was deployed from here last."
)
@click.option("--detailed-exitcode", is_flag=True, help="0 nothing to do, 1 error, 2 changes.")
@click.option("--refresh-prices", is_flag=True, help="Ask Modal for the account's rates first.")
@click.option("--candidate", is_flag=True, help="As `apply --candidate` would go about it.")
@click.option("-o", "--out", type=click.Path(dir_okay=False), help="Write the plan, for `apply`.")
@FORM
@notes_options
@TIMEOUT
@environment_option
def command(  # noqa: PLR0913 - the options of the verb
    profiles: tuple[str, ...],
    out: str | None,
    form: str,
    *,
    offline: bool,
    detailed_exitcode: bool,
    refresh_prices: bool,
    candidate: bool,
) -> int:
    """Show what an apply would do: changes, phases, memory and money. Touches nothing.

    With --offline it compares with what was deployed from this machine last, and says how old that
    is; without it Modal is asked, and exit 1 says that it was not, or gave no answer. A profile for
    this machine has no phases and costs nothing: its changes are shown. Of several profiles each
    has its plan, with one look at the account; the exit code is the worst.
    """
    from deployer.cli.many import each, meant  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.planning import read  # noqa: PLC0415 - as above

    profiles = meant(profiles)
    if out and len(profiles) > 1:
        message = "-o writes one plan, and there are several profiles"
        raise UsageError(message, hint="plan them one at a time")
    if out and candidate:
        message = "-o writes what is to be deployed, and a candidate is how an apply goes about it"
        raise UsageError(message, hint=f"leave it out: `deployer apply {out} --candidate` takes it")
    if offline and refresh_prices:
        message = "--offline asks nobody, and --refresh-prices asks Modal"
        raise UsageError(message, hint="leave one of them out")
    if refresh_prices and len(profiles) > 1:
        from deployer.apply.modal.prices import refresh  # noqa: PLC0415 - imports modal

        refresh()
    asked = Asked(
        form,
        out,
        offline=offline,
        detailed=detailed_exitcode,
        refresh_prices=refresh_prices and len(profiles) == 1,
        candidate=candidate,
    )

    def one(profile: str) -> int:
        found = read(profile)
        return carrier(found.release.target).plan_profile(found, asked)

    return each(profiles, one, form)
