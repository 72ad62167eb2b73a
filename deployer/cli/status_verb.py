"""`deployer status`: what is deployed, on this machine and on Modal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from deployer.cli.completing import deployments
from deployer.cli.say import show
from deployer.cli.target import Here, OnModal, account_of, ask_modal, target_of
from deployer.errors import DeployerError, Failure, NotAsked
from deployer.late import dataclass
from deployer.report.envelope import envelope

if TYPE_CHECKING:
    from deployer.apply.local.status import LocalStatus
    from deployer.apply.modal.status import ModalStatus

BAD = frozenset(
    {"failed", "dead", "unreadable", "unhealthy", "not-there", "not-asked", "not-reached"}
)
NOT_THERE = 2


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, and from whom.

    ``modal`` is ``asked``, with the ``environments`` in which it was and why others were not
    (``unlisted``), ``not-asked`` or ``not-reached``, with the ``reason``, or '' where the question
    was about this machine.
    """

    local: tuple[LocalStatus, ...] = ()
    remote: tuple[ModalStatus, ...] = ()
    modal: str = ""
    reason: str = ""
    environments: tuple[str, ...] = ()
    unlisted: str = ""


@click.command("status")
@click.argument("name", required=False, metavar="[NAME|PROFILE]", shell_complete=deployments)
@click.option("--offline", is_flag=True, help="Do not ask Modal; say what is on record.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(name: str | None, form: str, *, offline: bool) -> int:
    """Show what is deployed: the server's own processes are asked here, and Modal is there.

    Without a NAME that is everything on this machine, and everything on Modal that deployer
    deployed, from wherever. No container is woken. Exits 1 if a deployment failed, died or is gone,
    or if it is not known how one stands because Modal was not asked or not reached; 2 if what is
    named is not there.
    """
    found = _everything(offline=offline) if name is None else _named(name, offline=offline)
    show(_json(found) if form == "json" else _text(found), end="")
    if name is not None and any(one.state == "not-there" for one in found.remote):
        return NOT_THERE
    states: set[str] = {one.state for one in found.local} | {one.state for one in found.remote}
    return int(bool(states & BAD) or found.modal == "not-reached" or _nothing_known(found))


def _nothing_known(found: Found) -> bool:
    return found.modal == "not-asked" and not (found.local or found.remote)


def _named(name: str, *, offline: bool) -> Found:
    from deployer.apply.local.status import status  # noqa: PLC0415 - only what the verb needs

    target = target_of(name, offline=offline)
    if isinstance(target, Here):
        return Found(local=status(target.name))
    one = _on_modal(target, offline=offline)
    asked = one.state if one.state in {"not-asked", "not-reached"} else "asked"
    return Found(remote=(one,), modal=asked, reason=one.message if asked != "asked" else "")


def _on_modal(target: OnModal, *, offline: bool) -> ModalStatus:
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - only what the verb needs
    from deployer.apply.modal.status import status, unseen  # noqa: PLC0415 - as above

    records = Records()
    try:
        _refuse_offline(offline=offline)
        account = account_of(target)
    except Failure as why:
        return unseen(target.record, target.release, records, why)
    return status(target.record, target.release, records, account)


def _everything(*, offline: bool) -> Found:
    from deployer.apply.local.status import status  # noqa: PLC0415 - only what the verb needs
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
    from deployer.apply.modal.status import everything, unseen  # noqa: PLC0415 - as above

    local, records = status(None), Records()
    try:
        _refuse_offline(offline=offline)
        account, listing = ask_modal()
    except Failure as why:
        kept = tuple(unseen(record, None, records, why) for record in records.all())
        state = "not-asked" if isinstance(why, NotAsked) else "not-reached"
        return Found(local, kept, state, _why(why))
    remote = everything(account, listing, records)
    return Found(local, remote, "asked", "", listing.environments, listing.unlisted)


def _refuse_offline(*, offline: bool) -> None:
    from deployer.apply.unseen import OFFLINE  # noqa: PLC0415 - only what the verb needs

    if offline:
        raise NotAsked(OFFLINE)


def _why(why: DeployerError) -> str:
    from deployer.apply.unseen import not_asked_words, not_reached_words  # noqa: PLC0415 - as above

    return not_asked_words(why.message) if isinstance(why, NotAsked) else not_reached_words(why)


def _text(found: Found) -> str:
    from deployer.apply.unseen import asked_words  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.status_text import local_text, modal_text  # noqa: PLC0415 - as above

    blocks = [*map(local_text, found.local), *map(modal_text, found.remote)]
    if found.modal == "asked" and found.environments:
        where = f"Modal was asked in {asked_words(found.environments, found.unlisted)}"
        nothing = "" if blocks else "Nothing is deployed, on this machine or on Modal. "
        blocks.append(f"{nothing}{where}.")
    elif found.modal and not found.remote:
        nothing = "" if found.local else "Nothing is on record on this machine. "
        blocks.append(f"{nothing}{found.reason}.")
    return "".join(f"{block}\n" for block in blocks)


def _json(found: Found) -> str:
    from deployer.codec import encode  # noqa: PLC0415

    modal = {
        "state": found.modal or "not-asked",
        "reason": found.reason or ("" if found.modal else "the deployment is on this machine"),
        "environments": list(found.environments),
        "environments_unlisted": found.unlisted,
    }
    return envelope(
        {
            "at": time.time(),
            "deployments": encode(found.local),
            "on_modal": encode(found.remote),
            "modal": modal,
        }
    )
