"""`deployer status`: what is deployed, on this machine and on Modal."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from deployer.apply.modal.accounts import ask_modal, refuse_no_token
from deployer.apply.unseen import OFFLINE
from deployer.cli.completing import deployments
from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import show, show_as, tell
from deployer.cli.target import carrier, places, target_of
from deployer.errors import Failure, NotAsked
from deployer.report.envelope import envelope
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.apply.modal.status import ModalStatus
    from deployer.apply.target import Standing

BAD = frozenset(
    {"failed", "dead", "unreadable", "unhealthy", "not-there", "not-asked", "not-reached"}
)
NOT_THERE = 2


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, and from whom.

    ``modal`` is ``asked``, with the ``environments`` in which it was and why others were not
    (``unlisted``), ``not-asked`` or ``not-reached``, with the ``reason``, ``nothing-to-ask`` for
    who has deployments here, and neither a token of Modal nor a record of one there, or '' where
    the question was about another target. ``more`` says that there are more deployments than were
    asked for, ``damaged`` which records could not be read: nobody knows of what they are.
    """

    deployments: tuple[Standing, ...]
    modal: str = ""
    reason: str = ""
    environments: tuple[str, ...] = ()
    unlisted: str = ""
    more: bool = False
    damaged: tuple[str, ...] = ()


@click.command("status")
@click.argument("names", nargs=-1, metavar="[NAME|PROFILE...]", shell_complete=deployments)
@click.option("--offline", is_flag=True, help="Do not ask Modal; say what is on record.")
@FORM
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=0,
    help="Show so many on Modal; by itself all.",
)
@TIMEOUT
@environment_option
def command(names: tuple[str, ...], form: str, limit: int, *, offline: bool) -> int:
    """Show what is deployed: the server's own processes are asked here, and Modal is there.

    Without a NAME that is everything on this machine, and everything on Modal that deployer
    deployed, from wherever. No container is woken. Exits 1 if a deployment failed, died or is gone,
    or if it is not known what stands because Modal was not asked or not reached; 2 if what is named
    is not there. Who has no Modal token and no record of a deployment there has nothing to ask it.
    """
    from deployer.cli.many import each  # noqa: PLC0415 - only what the verb needs

    if not names:
        return _one(None, form, limit, offline=offline)
    return each(names, lambda name: _one(name, form, limit, offline=offline), form)


def _one(name: str | None, form: str, limit: int, *, offline: bool) -> int:
    if name is None:
        found = _everything(form, limit, offline=offline)
        for damaged in found.damaged:
            tell(f"{visible(damaged)}.")
    else:
        found = _named(name, offline=offline)
        if form != "json":
            show_as("text", _text(found))
    if form == "json":
        show(_json(found), end="")
    states = {one.state for one in found.deployments}
    if name is not None and "not-there" in states:
        return NOT_THERE
    return int(bool(states & BAD or found.damaged) or found.modal in BAD)


def _named(name: str, *, offline: bool) -> Found:
    one = target_of(name, offline=offline).status(offline=offline)
    if one.target != "modal":
        return Found((one,))
    asked = one.state if one.state in {"not-asked", "not-reached"} else "asked"
    return Found((one,), modal=asked, reason=one.message if asked != "asked" else "")


def _everything(form: str, limit: int, *, offline: bool) -> Found:
    """Look at everything; text is shown as it becomes known."""
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - only what the verb needs
    from deployer.apply.modal.status import everything, unseen  # noqa: PLC0415 - as above

    here = tuple(one for place in places() for one in place.seen_here())
    records = Records()
    damaged = tuple(failure.message for failure in records.damaged())
    try:
        if offline:
            raise NotAsked(OFFLINE)
        account, listing = ask_modal()
    except Failure as why:
        kept = tuple(unseen(record, None, records, why) for record in records.all())
        nothing = bool(here) and not kept and not damaged
        found = Found((*here, *kept), *_unasked(why, nothing=nothing), damaged=damaged)
        if form != "json":
            show_as("text", _text(found))
        return found
    remote, more = _shown(everything(account, listing, records), here, form, limit)
    of = listing.environments
    found = Found((*here, *remote), "asked", "", of, listing.unlisted, more, damaged)
    if form != "json":
        show_as("text", _where(found))
    return found


def _shown(
    all_of_them: Iterator[ModalStatus], here: tuple[Standing, ...], form: str, limit: int
) -> tuple[tuple[ModalStatus, ...], bool]:
    """Take so many, and show each as text at once; whether there are more."""
    if form != "json":
        show_as(form, "".join(f"{_block(one)}\n" for one in here))
    taken: list[ModalStatus] = []
    for one in all_of_them:
        if limit and len(taken) == limit:
            return tuple(taken), True
        taken.append(one)
        if form != "json":
            show_as(form, f"{_block(one)}\n")
    return tuple(taken), False


def _unasked(why: Failure, *, nothing: bool) -> tuple[str, str]:
    """Give the state of Modal's answer, which there is none, and why; ``nothing`` is on record."""
    from deployer.apply import unseen  # noqa: PLC0415 - only what the verb needs

    if not isinstance(why, NotAsked):
        return "not-reached", unseen.not_reached_words(why)
    if nothing and (lack := _no_token(why)):
        return "nothing-to-ask", unseen.nothing_to_ask_words(lack)
    return "not-asked", unseen.not_asked_words(why.message)


def _no_token(why: NotAsked) -> str:
    """Say that there is no token, or no client that reads it; '' where there may be one."""
    try:
        refuse_no_token()
    except NotAsked as lack:
        return lack.message
    return "" if why.message == OFFLINE else why.message


def _block(one: Standing) -> str:
    return carrier(one.target).status_text(one)


def _text(found: Found) -> str:
    blocks = [_block(one) for one in found.deployments]
    if found.modal not in {"", "asked"} and not _on_modal(found):
        nothing = "" if blocks or found.damaged else "Nothing is on record on this machine. "
        blocks.append(f"{nothing}{found.reason}.")
    return "".join(f"{block}\n" for block in blocks)


def _on_modal(found: Found) -> tuple[Standing, ...]:
    return tuple(one for one in found.deployments if one.target == "modal")


def _where(found: Found) -> str:
    """Say where Modal was asked, below all that was found."""
    from deployer.apply.unseen import asked_words  # noqa: PLC0415 - only what the verb needs

    where = f"Modal was asked in {asked_words(found.environments, found.unlisted)}"
    nowhere = "was found" if found.unlisted else "is deployed, on this machine or on Modal"
    nothing = f"Nothing of deployer's {nowhere}. "
    more = " There are more deployments: --limit 0 shows all." if found.more else ""
    return f"{'' if found.deployments else nothing}{where}.{more}\n"


def _json(found: Found) -> str:
    from deployer.codec import encode  # noqa: PLC0415

    on_modal = _on_modal(found)
    modal = {
        "state": found.modal or "not-asked",
        "reason": found.reason or ("" if found.modal else "the deployment is on this machine"),
        "environments": list(found.environments),
        "environments_unlisted": found.unlisted,
    }
    return envelope(
        {
            "at": time.time(),
            "deployments": [encode(one) for one in found.deployments if one not in on_modal],
            "on_modal": encode(on_modal),
            "modal": modal,
            "more": found.more,
            "damaged": list(found.damaged),
        }
    )
