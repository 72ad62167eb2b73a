"""`deployer history`: every version of a deployment on Modal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from deployer.apply.seen import Observed
from deployer.cli.completing import deployments
from deployer.cli.moments import moment
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import show, tell
from deployer.cli.target import account_of, target_of
from deployer.cli.where import on_modal
from deployer.report.envelope import envelope

if TYPE_CHECKING:
    from deployer.apply.modal.history import Version


@click.command("history")
@click.argument("name", metavar="NAME|PROFILE", shell_complete=deployments)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    help="Show so many of the newest versions; 0 shows all.",
)
@TIMEOUT
def command(name: str, form: str, limit: int) -> int:
    """Show every version of a deployment on Modal: what changed, when, by whom, from which commit.

    `deployer rollback` goes back to one of them.
    """
    from deployer.apply.modal.history import versions, with_releases  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above

    target = on_modal(target_of(name), "history")
    account, app = account_of(target), target.record.app
    known = versions(account, app)
    shown = len(known) if limit == 0 else limit
    # One more, for what the oldest of them changed.
    found = with_releases(account, Records(), app, known[: shown + 1])
    observed = Observed(time.time(), f"Modal's history of the app {app}")
    older = len(known) - min(shown, len(known))
    show(_json(found[:shown], observed, older) if form == "json" else _text(found, shown), end="")
    if older and form != "json":
        tell(f"{older} older versions are not shown: --limit 0 shows all.")
    return 0


def _text(found: tuple[Version, ...], shown: int) -> str:
    from deployer.visible import visible  # noqa: PLC0415 - only what the verb needs

    lines = []
    for at, one in enumerate(found[:shown]):
        older = found[at + 1] if at + 1 < len(found) else None
        head = f"{'*' if one.current else ' '} {one.number:>3}  {moment(one.when)}"
        back = f"  back to version {one.rollback_of}" if one.rollback_of else ""
        back += "  not seen to keep its promises yet" if one.owed else ""
        lines.append(f"{head}  {one.digest[:12] or 'not by deployer'}{back}")
        commit = f"commit {one.commit[:12]}{' and changes' if one.dirty else ''}"
        by = ", ".join(part for part in (visible(one.who), commit if one.commit else "") if part)
        if by:
            lines.append(f"       by {by}")
        lines += [f"       {line}" for line in _changes(older, one)]
    return "".join(f"{line}\n" for line in lines)


def _changes(older: Version | None, one: Version) -> list[str]:
    """Say what a version changed, where both releases are to be had."""
    from deployer.plan.diff import diff  # noqa: PLC0415 - as above
    from deployer.report.changes import line  # noqa: PLC0415 - as above

    if older is None or older.release is None or one.release is None:
        return []
    return [line(change.change).strip() for change in diff(older.release, one.release).changes]


def _json(found: tuple[Version, ...], observed: Observed, older: int) -> str:
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
    }
    return envelope(value)
