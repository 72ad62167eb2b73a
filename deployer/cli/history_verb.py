"""`deployer history`: every version of a deployment on Modal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from deployer.apply.seen import Observed
from deployer.cli.completing import deployments
from deployer.cli.moments import moment
from deployer.cli.say import show
from deployer.cli.target import account_of, target_of
from deployer.cli.where import on_modal
from deployer.report.envelope import envelope

if TYPE_CHECKING:
    from deployer.apply.modal.history import Version


@click.command("history")
@click.argument("name", metavar="NAME|PROFILE", shell_complete=deployments)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(name: str, form: str) -> int:
    """Show every version of a deployment on Modal: what changed, when, by whom, from which commit.

    `deployer rollback` goes back to one of them.
    """
    from deployer.apply.modal.history import versions  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above

    target = on_modal(target_of(name), "history")
    found = versions(account_of(target), Records(), target.record.app)
    observed = Observed(time.time(), f"Modal's history of the app {target.record.app}")
    show(_json(found, observed) if form == "json" else _text(found), end="")
    return 0


def _text(found: tuple[Version, ...]) -> str:
    from deployer.visible import visible  # noqa: PLC0415 - only what the verb needs

    lines = []
    for at, one in enumerate(found):
        older = found[at + 1] if at + 1 < len(found) else None
        head = f"{'*' if one.current else ' '} {one.number:>3}  {moment(one.when)}"
        back = f"  back to version {one.rollback_of}" if one.rollback_of else ""
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


def _json(found: tuple[Version, ...], observed: Observed) -> str:
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
            }
            for one in found
        ],
    }
    return envelope(value)
