"""What stands when a verb that changes an app ends before its end: it is said, and asked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from deployer.apply.modal.listing import phases_of
from deployer.apply.modal.part_run import LASTING, is_at_work, is_left, sentence, stay
from deployer.apply.modal.parts import DEFAULT_PARTS
from deployer.apply.modal.tags import DIGEST, PHASE, PROFILE, is_owed
from deployer.apply.patience import current
from deployer.errors import Failure, Interrupted
from deployer.plan.standing import DEPLOYED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.parts import Parts
    from deployer.apply.modal.things import AppFacts, ListedApp


@contextmanager
def telling(account: Account, app_name: str, parts: Parts = DEFAULT_PARTS) -> Iterator[None]:
    """Say how the app stands where the block is interrupted, as Modal says it then.

    What was begun for it and not published is ended, but for what runs and may stay by ``parts``.
    Raises Interrupted in place of KeyboardInterrupt.
    """
    try:
        yield
    except KeyboardInterrupt:
        message = f"Interrupted. {_standing(account, app_name, parts)}"
        raise Interrupted(message) from None


@contextmanager
def though(done: str, hint: str) -> Iterator[None]:
    """Say what was done already where the block fails to find out what became of it."""
    try:
        yield
    except Failure as failure:
        failure.message = f"{done}, and what became of it is not known: {failure.message}"
        failure.hint = "; ".join(part for part in (hint, failure.hint) if part)
        raise


def _standing(account: Account, app_name: str, parts: Parts) -> str:
    try:
        with current().tidying():
            begun = phases_of(account, app_name)
        left = [said for one in begun if (said := _left(account, one, parts))]
        with current().tidying():
            app = account.app(app_name)
            tags = {} if app is None else account.tags(app)
    except Failure as failure:
        return (
            f"How the app {app_name} stands is not known, nor whether something is left of what "
            f"was begun for it: {failure.message}"
        )
    return " ".join([_stands(app_name, app, tags), *map(sentence, left)])


def _left(account: Account, begun: ListedApp, parts: Parts) -> str:
    """End what was begun; gives what there is to say where it runs and is left to go on."""
    part = LASTING.get(begun.tags.get(PHASE, ""))
    if part is not None and is_at_work(account, begun.id) and stay(part, parts):
        return is_left(begun.id, part, begun.tags[PROFILE])
    with current().tidying():
        account.stop(begun.id)
    return ""


def _stands(app_name: str, app: AppFacts | None, tags: dict[str, str]) -> str:
    if app is None or app.state != DEPLOYED:
        return f"Nothing is deployed as the app {app_name}."
    digest = tags.get(DIGEST, "")
    words = f"Version {app.version} of the app {app_name} is deployed"
    words += f", release {digest[:12]}" if digest else ""
    if is_owed(tags, digest, app.version):
        return f"{words}, and was not seen to keep its promises: the next `deployer apply` looks."
    return f"{words}."
