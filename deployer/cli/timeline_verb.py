"""`deployer timeline`: how long each stage of a server's start took."""

from __future__ import annotations

import click

from deployer.cli.completing import deployments
from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import show_as, tell
from deployer.cli.target import target_of
from deployer.errors import UsageError
from deployer.visible import visible


@click.command("timeline")
@click.argument("name", metavar="NAME|PROFILE", shell_complete=deployments)
@click.option("--html", "page", metavar="FILE", default="", help="Write a page that shows it.")
@click.option("--offline", is_flag=True, help="Do not ask Modal; show what is on record.")
@FORM
@TIMEOUT
@environment_option
def command(name: str, form: str, page: str, *, offline: bool) -> int:
    """Show how long each stage of a server's start took, and what was slower than before.

    A stage is slower if it took at least 5 s longer, and half as long again, as at the start of
    this release before it, or as usual. Exits 1 if one is, or if a stage took longer than its
    budget in `lifecycle.stage_budgets`, or the start than `lifecycle.start_budget`, and 2 if there
    is nothing to look at: no start came to serving.
    """
    from deployer.report import timeline as report  # noqa: PLC0415 - only what the verb needs

    target = target_of(name, offline=offline)
    found = target.starts(offline=offline)
    if found.missed:
        tell(f"{found.missed}.")
    if not found.boots:
        message = f"no start of {visible(target.name)} is known that came to serving"
        hint = f"`deployer diagnose {target.name}` says what its log tells"
        raise UsageError(message, hint=hint)
    starts = report.Starts(target.name, report.order(found.boots))
    if page:
        from deployer.cli.writing import write_file  # noqa: PLC0415 - only for a page

        write_file(page, report.html(starts))
        tell(f"Wrote {visible(page)}.")
    show_as(form, report.to_json(starts) if form == "json" else report.text(starts))
    return int(bool(starts.slower() or starts.newest.late()))
