"""`deployer status`: what is deployed, on this machine and on Modal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deployer.cli.completing import deployments
from deployer.cli.moments import moment
from deployer.cli.say import show
from deployer.cli.target import Here, OnModal, target_of
from deployer.report.envelope import envelope

if TYPE_CHECKING:
    from deployer.apply.local.status import LocalStatus
    from deployer.apply.modal.status import ModalStatus

BAD = frozenset({"failed", "dead", "unreadable", "gone"})


@click.command("status")
@click.argument("name", required=False, metavar="[NAME|PROFILE]", shell_complete=deployments)
@click.option("--offline", is_flag=True, help="Do not ask Modal; say what is on record.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(name: str | None, form: str, *, offline: bool) -> int:
    """Show what is deployed: on this machine from what is on record, on Modal by asking it.

    No container is woken. Exits 1 if a deployment failed, died or is gone.
    """
    local, remote = _found(name, offline=offline)
    if form == "json":
        show(_json(local, remote), end="")
    elif local or remote:
        show("\n".join([*map(_text, local), *map(_modal_text, remote)]))
    else:
        show("Nothing is deployed from this machine.")
    states = {*(one.state for one in local), *(one.state for one in remote)}
    return int(bool(states & BAD))


def _found(
    name: str | None, *, offline: bool
) -> tuple[tuple[LocalStatus, ...], tuple[ModalStatus, ...]]:
    from deployer.apply.local.status import status  # noqa: PLC0415 - only what the verb needs
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above

    if name is None:
        records = Records().all()
        targets = tuple(OnModal(record, None, from_profile=False) for record in records)
        return status(None), tuple(_on_modal(target, offline=offline) for target in targets)
    target = target_of(name)
    if isinstance(target, Here):
        return status(target.name), ()
    return (), (_on_modal(target, offline=offline),)


def _on_modal(target: OnModal, *, offline: bool) -> ModalStatus:
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
    from deployer.apply.modal.status import status  # noqa: PLC0415 - as above

    account = None
    if not offline:
        from deployer.apply.modal.client import has_token  # noqa: PLC0415 - imports modal
        from deployer.cli.target import account_of  # noqa: PLC0415 - as above

        account = account_of(target) if has_token() else None
    return status(target.record, target.release, Records(), account)


def _text(one: LocalStatus) -> str:
    rows = [
        ("state", one.state + (", verified" if one.verified and one.state == "serving" else "")),
        ("endpoint", f"{one.url}/v1" if one.url else ""),
        ("model", one.model),
        ("engine", one.engine),
        ("since", moment(one.since)),
        ("process", str(one.pid or "")),
        ("profile", one.profile),
        ("release", one.digest[:12]),
        ("last word", one.message),
    ]
    return _rows(one.name, rows)


def _modal_text(one: ModalStatus) -> str:
    where = f"Modal, {one.environment}" if one.environment else "Modal"
    rows = [
        ("state", one.state + (", verified" if one.verified else "")),
        ("where", f"{where}, app {one.app}"),
        ("endpoint", f"{one.url}/v1" if one.url else ""),
        ("model", one.model),
        ("engine", one.engine),
        ("hardware", one.hardware and f"{one.hardware}, {one.containers} containers now"),
        ("version", f"{one.version}, deployed {moment(one.since)}" if one.version else ""),
        ("by", one.who),
        ("release", one.digest[:12]),
        ("note", one.message),
    ]
    return _rows(one.name, rows)


def _rows(name: str, rows: list[tuple[str, str]]) -> str:
    return f"{name}\n" + "\n".join(f"  {key:<9} {value}" for key, value in rows if value)


def _json(local: tuple[LocalStatus, ...], remote: tuple[ModalStatus, ...]) -> str:
    from deployer.codec import encode  # noqa: PLC0415

    value = {"deployments": encode(local), "on_modal": encode(remote)}
    return envelope(value)
