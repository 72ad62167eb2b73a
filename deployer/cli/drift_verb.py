"""`deployer drift`: what runs against what the profile says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deployer.cli.completing import deployments
from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import show_as
from deployer.cli.target import target_of
from deployer.cli.where import on_modal
from deployer.errors import UsageError
from deployer.report.envelope import envelope
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.apply.modal.drift import Drift

DRIFTED = 2
HEADS = {
    "release": "What is deployed is not what the profile says",
    "parameter": "The function on Modal has other parameters than were deployed",
    "autoscaler": "The autoscaler was changed by hand; the next deployment resets it",
    "engine": "The container that answered serves another release",
}


@click.command("drift")
@click.argument(
    "profiles", nargs=-1, required=True, metavar="PROFILE|NAME...", shell_complete=deployments
)
@FORM
@TIMEOUT
@environment_option
def command(profiles: tuple[str, ...], form: str) -> int:
    """Compare what runs on Modal with a profile: release, parameters, autoscaler, container.

    With a NAME it is compared with what was deployed last from here. No container is woken: a
    server is asked which release it serves only where one runs, and no key is sent. Exits 0 for no
    difference, 2 for some, 1 if it could not be found out; 2 with an error if nothing was ever
    deployed, which JSON tells by its `state`, `not-there`.
    """
    from deployer.cli.many import each  # noqa: PLC0415 - only what the verb needs

    return each(profiles, lambda profile: _one(profile, form), form)


def _one(profile: str, form: str) -> int:
    from deployer.apply.modal.drift import drift  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
    from deployer.apply.modal.standing import as_deployed  # noqa: PLC0415 - as above

    target = on_modal(target_of(profile), "drift")
    if target.release is None:
        message = (
            f"the release of `{target.name}` is recorded nowhere, so there is nothing to compare"
        )
        raise UsageError(message, hint="give the path of its profile")
    account, records = target.account(), Records()
    release, notes = as_deployed(account, target.release, records)
    found = drift(account, records, release)
    notes = (*notes, *found.notes)
    show_as(form, _json(found, notes) if form == "json" else _text(found, notes))
    return DRIFTED if found.differences else int(bool(found.unknown))


def _text(found: Drift, notes: tuple[str, ...]) -> str:
    lines = []
    for kind, head in HEADS.items():
        of_kind = [one for one in found.differences if one.kind == kind]
        if of_kind:
            lines.append(f"{head}:")
            for one in of_kind:
                key = f"  ({one.key})" if one.key else ""
                wanted, there = one.wanted or "nothing", one.found or "nothing"
                lines.append(f"  {one.what}: {there}, wanted {wanted}{key}")
    if not lines:
        what = f"version {found.version} of {found.app}"
        seen = f"Of what could be looked at, {what}" if found.unknown else f"No drift: {what}"
        lines.append(f"{seen} is what the profile says.")
    lines += [f"not found out: {visible(each)}" for each in found.unknown]
    lines += [f"note: {note}" for note in notes]
    return "".join(f"{line}\n" for line in lines)


def _json(found: Drift, notes: tuple[str, ...]) -> str:
    from deployer.codec import encode  # noqa: PLC0415 - only for this form

    value = {
        "app": found.app,
        "version": found.version,
        "drifted": bool(found.differences),
        "differences": encode(found.differences),
        "notes": list(notes),
        "unknown": list(found.unknown),
    }
    return envelope(value)
