"""`deployer rollback`: make an older version of a deployment the current one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deployer.cli.completing import deployments
from deployer.cli.forms import FORM
from deployer.cli.key_variable import KEY_ENV, settle
from deployer.cli.layers import environment_option
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import tell
from deployer.cli.target import target_of
from deployer.cli.where import consent, on_modal
from deployer.errors import Failure, UsageError

if TYPE_CHECKING:
    from deployer.apply.modal.apply import Applied
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.history import Version
    from deployer.apply.modal.records import Records
    from deployer.release import Release


@click.command("rollback")
@click.argument("name", metavar="NAME|PROFILE", shell_complete=deployments)
@click.option("--to", metavar="VERSION|RELEASE", help="By default the one before.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--verify/--no-verify", default=True, help="Wait for the server and verify it.")
@KEY_ENV
@FORM
@TIMEOUT
@environment_option
def command(
    name: str, to: str | None, key_env: str | None, form: str, *, yes: bool, verify: bool
) -> int:
    """Go back to an older version on Modal: by default to the one with another release before this.

    --to takes a version's number or the digits of a release, as `history` shows them; a release
    that is current already is only waited for and verified, so this can be repeated after a fault.
    The default never undoes a rollback. Release, weights and kernels are those that the version was
    deployed with. The profile stays as it is, so `deployer plan` shows the difference afterwards.
    """
    from deployer.apply.modal.history import (  # noqa: PLC0415
        choose,
        refuse_ended,
        versions,
        with_releases,
    )
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
    from deployer.apply.modal.secrets import key_for  # noqa: PLC0415 - as above
    from deployer.cli.apply_modal import show_applied  # noqa: PLC0415 - only what the verb needs

    if to is not None and not to.strip():
        message = "`--to` names no version: it was given, and is empty"
        raise UsageError(message, hint="without it the newest older version is gone back to")
    target = on_modal(target_of(name), "rollback")
    account, records = target.account(), Records()
    refuse_ended(account, target.record.app)
    found = versions(account, target.record.app)
    current = next((version for version in found if version.current), None)
    both = (choose(found, to or ""), *([current] if current else []))
    chosen, *before = with_releases(account, records, target.record.app, both)
    release = _release(chosen)
    _tell(before, chosen)
    if verify:
        settle(release.listen.api_key_variable, name, key_env)
    key = key_for(release, verify=verify)
    question = f"Go back to version {chosen.number}?"
    if chosen.current:
        question = f"Version {chosen.number} is that release already. Wait for it and verify it?"
    consent(question, yes=yes)
    done = carried_back(account, records, target.record.app, found, chosen, key)
    show_applied(done, release, form)
    return 1 if done.verified is False else 0


def carried_back(
    account: Account,
    records: Records,
    app: str,
    found: tuple[Version, ...],
    chosen: Version,
    key: str | None,
) -> Applied:
    """Make a version of those that were found the current one, wait for it and verify it.

    With ``key`` None it is neither waited for nor verified. Raises Failure where the app has moved
    since, and what a pipeline raises.
    """
    from deployer.apply.modal.apply import Pipeline  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.history import refuse_moved, roll_back  # noqa: PLC0415 - as above
    from deployer.apply.modal.interrupted import telling  # noqa: PLC0415 - as above
    from deployer.apply.modal.locked import alone  # noqa: PLC0415 - as above
    from deployer.cli.carrying_out import carrying_out  # noqa: PLC0415 - only what the verb needs

    with (
        carrying_out() as (lines, parts),
        alone(account, app, "a rollback", parts.tell) as held,
        telling(account, app, parts),
    ):
        held.refuse_lost()
        refuse_moved(account, app, found)
        now = roll_back(account, records, app, chosen, owed=key is not None)
        pipeline = Pipeline(account, records, _release(chosen), lines.tell, parts)
        return pipeline.prove(key, "rolled back", now.version)


def _release(chosen: Version) -> Release:
    from deployer.apply.modal.records import VOLUME  # noqa: PLC0415 - imports modal

    if chosen.release is None:
        message = f"the release of version {chosen.number} is recorded nowhere that can be read"
        looked = f"it is neither on this machine nor on the volume `{VOLUME}`"
        hint = looked if chosen.digest else "it carries no release: deployer did not deploy it"
        raise Failure(message, hint=f"{hint}; `modal app rollback` goes back to it, unverified")
    return chosen.release


def _tell(found: list[Version], chosen: Version) -> None:
    """Say what going back changes, before anything is touched."""
    from deployer.cli.pricing import prices  # noqa: PLC0415 - only what the verb needs
    from deployer.plan.diff import diff  # noqa: PLC0415 - as above
    from deployer.report.review_text import explained  # noqa: PLC0415 - as above

    current = next((version for version in found if version.current), None)
    if current is None or current.release is None or chosen.release is None or chosen.current:
        return
    changes = diff(current.release, chosen.release, prices=prices())
    tell(f"What changes from version {current.number} to {chosen.number}:")
    tell(*explained(changes), f"  {changes.replaces}")
