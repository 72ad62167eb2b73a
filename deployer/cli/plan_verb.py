"""`deployer plan`: what an apply would do, and cost."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployer.errors import UsageError

if TYPE_CHECKING:
    from deployer.plan.deployment import Plan

CHANGES = 2


@click.command("plan")
@click.argument("profile", metavar="PROFILE")
@click.option(
    "--offline", is_flag=True, help="Ask nobody; compare with what was deployed from here last."
)
@click.option("--detailed-exitcode", is_flag=True, help="0 nothing to do, 1 error, 2 changes.")
@click.option("--refresh-prices", is_flag=True, help="Ask Modal for the account's rates first.")
@click.option("-o", "--out", type=click.Path(dir_okay=False), help="Write the plan, for `apply`.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(
    profile: str,
    out: str | None,
    form: str,
    *,
    offline: bool,
    detailed_exitcode: bool,
    refresh_prices: bool,
) -> int:
    """Show what an apply would do: changes, phases, memory and money. Touches nothing.

    Without a Modal token, or with --offline, it compares with what was deployed from this machine
    last, and says so.
    """
    from deployer.cli.planning import plan_of  # noqa: PLC0415 - only what the verb needs

    if refresh_prices:
        from deployer.apply.modal.prices import refresh  # noqa: PLC0415 - imports modal

        refresh()
    plan = plan_of(profile, offline=offline)
    if out:
        _write(plan, out)
    click.echo(_shown(plan, form), nl=False)
    return CHANGES if detailed_exitcode and not plan.nothing_to_do else 0


def _shown(plan: Plan, form: str) -> str:
    if form == "json":
        from deployer.report.plan_json import to_json  # noqa: PLC0415 - only for this form

        return to_json(plan)
    from deployer.report.plan_text import text  # noqa: PLC0415 - as above

    return text(plan)


def _write(plan: Plan, out: str) -> None:
    from deployer.report.plan_json import to_json  # noqa: PLC0415 - only for this option

    if plan.standing.offline:
        message = "a plan that was made offline cannot be applied, so it is not written"
        raise UsageError(message, hint="leave out -o, or make it with a Modal token")
    try:
        Path(out).write_text(to_json(plan), encoding="utf-8")
    except OSError as error:
        message = f"{out}: {error.strerror or error}"
        raise UsageError(message) from error
    sys.stderr.write(f"wrote {out}; `deployer apply {out}` carries it out\n")
