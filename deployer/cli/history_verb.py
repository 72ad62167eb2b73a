"""`deployer history`: every version of a deployment on Modal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from deployer.apply.seen import Observed
from deployer.cli.completing import deployments
from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.moments import moment
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import show, show_as, tell
from deployer.cli.target import target_of
from deployer.cli.where import on_modal
from deployer.report.envelope import envelope
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.history import Version
    from deployer.plan.sides import Side

PAGE = 50
"""Versions whose releases are looked for together; those before are shown meanwhile."""


@click.command("history")
@click.argument("name", metavar="NAME|PROFILE", shell_complete=deployments)
@FORM
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    help="Show so many of the newest versions; 0 shows all.",
)
@TIMEOUT
@environment_option
def command(name: str, form: str, limit: int) -> int:
    """Show every version of a deployment on Modal: what changed, when, by whom, from which commit.

    `deployer rollback` goes back to one of them.
    """
    from deployer.apply.modal.history import candidate_beside, versions  # noqa: PLC0415 - imports modal

    target = on_modal(target_of(name), "history")
    account, app = target.account(), target.record.app
    known = versions(account, app)
    shown = min(limit or len(known), len(known))
    older = len(known) - shown
    beside = candidate_beside(account, app)
    if form == "json":
        observed = Observed(time.time(), f"Modal's history of the app {app}")
        show(_json(known[:shown], observed, older, beside), end="")
        return 0
    for page in _pages(account, app, known, shown):
        show_as(form, page)
    if beside:
        tell(f"{visible(beside)}.")
    if older:
        tell(f"{older} older versions are not shown: --limit 0 shows all.")
    return 0


def _pages(account: Account, app: str, known: tuple[Version, ...], shown: int) -> Iterator[str]:
    """Write the newest versions, some at a time, as their releases are found."""
    from deployer.apply.modal.history import with_releases  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above

    records = Records()
    for at in range(0, shown, PAGE):
        several = min(PAGE, shown - at)
        # One more, for what the oldest of them changed.
        some = with_releases(account, records, app, known[at : at + several + 1])
        yield _text(some, several)


def _text(found: tuple[Version, ...], shown: int) -> str:
    from deployer.plan.sides import side  # noqa: PLC0415 - only what the verb needs

    # Each is worked out once, and compared with the one before it and the one after.
    sides = [None if one.release is None else side(one.release) for one in found]
    lines = []
    for at, one in enumerate(found[:shown]):
        older = sides[at + 1] if at + 1 < len(found) else None
        head = f"{'*' if one.current else ' '} {one.number:>3}  {moment(one.when)}"
        back = f"  back to version {one.rollback_of}" if one.rollback_of else ""
        back += "  not seen to keep its promises yet" if one.owed else ""
        lines.append(f"{head}  {one.digest[:12] or 'not by deployer'}{back}")
        commit = f"commit {one.commit[:12]}{' and changes' if one.dirty else ''}"
        by = ", ".join(part for part in (visible(one.who), commit if one.commit else "") if part)
        if by:
            lines.append(f"       by {by}")
        lines += [f"       {line}" for line in _changes(older, sides[at])]
        before = found[at + 1] if at + 1 < len(found) else one
        if (one.digest and one.release is None) or (before.digest and before.release is None):
            lines.append("       what it changed is not known: a release is recorded nowhere")
    return "".join(f"{line}\n" for line in lines)


def _changes(older: Side | None, one: Side | None) -> list[str]:
    """Say what a version changed, where both releases are to be had."""
    from deployer.plan.diff import diff_of  # noqa: PLC0415 - as above
    from deployer.plan.sides import Sides  # noqa: PLC0415 - as above
    from deployer.report.changes import line  # noqa: PLC0415 - as above

    if older is None or one is None:
        return []
    return [line(change.change).strip() for change in diff_of(Sides(older, one)).changes]


def _json(found: tuple[Version, ...], observed: Observed, older: int, beside: str) -> str:
    from deployer.codec import encode  # noqa: PLC0415 - only for this form

    value = {
        "observed": encode(observed),
        "versions": [
            {
                "version": one.number,
                "current": one.current,
                "release": one.digest,
                "deployed_at": one.when,
                "deployed_by": one.who,
                "commit": one.commit,
                "dirty": one.dirty,
                "rollback_of": one.rollback_of or None,
                "owed": one.owed,
            }
            for one in found
        ],
        "older": older,
        "beside": beside,
    }
    return envelope(value)
