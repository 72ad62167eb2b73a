"""`deployer timeline`: how long each stage of a server's start took."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from deployer.cli.completing import deployments
from deployer.cli.layers import environment_option
from deployer.cli.say import show_as, tell
from deployer.cli.target import Here, OnModal, account_of, target_of
from deployer.errors import NotAsked, NotReached, UsageError
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.diagnose.boot import Boot

LINES = 10_000
"""Lines of a log on Modal that are asked for."""


@click.command("timeline")
@click.argument("name", metavar="NAME|PROFILE", shell_complete=deployments)
@click.option("--html", "page", metavar="FILE", default="", help="Write a page that shows it.")
@click.option("--offline", is_flag=True, help="Do not ask Modal; show what is on record.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
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
    found = _here(target.name) if isinstance(target, Here) else _on_modal(target, offline=offline)
    if not found:
        message = f"no start of {visible(target.name)} is known that came to serving"
        hint = f"`deployer diagnose {target.name}` says what its log tells"
        raise UsageError(message, hint=hint)
    starts = report.Starts(target.name, report.order(found))
    if page:
        from deployer.cli.writing import write_file  # noqa: PLC0415 - only for a page

        write_file(page, report.html(starts))
        tell(f"Wrote {visible(page)}.")
    show_as(form, report.to_json(starts) if form == "json" else report.text(starts))
    return int(bool(starts.slower() or starts.newest.late()))


def _here(name: str) -> tuple[Boot, ...]:
    from deployer.apply.local.boots import boots  # noqa: PLC0415 - only what the verb needs
    from deployer.apply.local.folder import existing  # noqa: PLC0415 - as above

    return boots(existing(name, os.environ).events)


def _on_modal(target: OnModal, *, offline: bool) -> tuple[Boot, ...]:
    """Give the starts on record and those that the log tells; what cannot be asked is said."""
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - only what the verb needs

    kept = Records().boots(target.record.app, target.record.environment)
    if offline:
        return kept
    try:
        return (*kept, *_told(target))
    except (NotAsked, NotReached) as why:
        if not kept:
            raise
        tell(f"Only what is on record is shown: {why.message}.")
        return kept


def _told(target: OnModal) -> list[Boot]:
    from deployer.apply.modal.logs import logs  # noqa: PLC0415 - imports modal
    from deployer.serve.lines import boot_of  # noqa: PLC0415 - only what the verb needs

    lines = logs(account_of(target), target.record.app, follow=False, lines=LINES)
    return [boot for line in lines if (boot := boot_of(line))]
