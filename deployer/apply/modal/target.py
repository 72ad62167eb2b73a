"""A deployment on Modal, as verbs ask for it (:class:`deployer.apply.target.Target`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from deployer.apply.target import Asker, Ended, Log, Reached, Starts
from deployer.apply.unseen import OFFLINE, not_asked_words
from deployer.errors import Failure, NotAsked, NotReached, NotThere, UsageError
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.listing import Listing
    from deployer.apply.modal.records import Record
    from deployer.apply.modal.status import ModalStatus
    from deployer.release import Release

MOST_LINES = 10_000
"""Lines of a log in which starts are looked for."""


@dataclass(frozen=True, slots=True)
class OnModal:
    """A deployment on Modal.

    ``release`` is what the profile compiles to, or what was deployed where a name was given;
    None where that is nowhere to be had.
    """

    record: Record
    release: Release | None
    target: ClassVar[str] = "modal"
    where: ClassVar[str] = "Modal"

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.record.name

    def account(self) -> Account:
        """Connect to its environment. Raises NotAsked without a token."""
        from deployer.apply.modal.accounts import account, refuse_no_token  # noqa: PLC0415 - only to ask

        refuse_no_token()
        return account(self.record.environment)

    def lines(self, most: int, *, follow: bool) -> Iterator[str]:
        """Give the last lines of the app's log."""
        account = self.account()
        from deployer.apply.modal.logs import logs  # noqa: PLC0415 - imports modal

        return logs(account, self.record.app, follow=follow, lines=most)

    def log(self, most: int) -> Log:
        """Give the last lines of the app's log."""
        name = f"the last {most} lines of the log of {visible(self.record.app)}"
        told = self.lines(most, follow=False)
        return Log(name, (f"{line}\n".encode() for line in told))

    def starts(self, *, offline: bool) -> Starts:
        """Give the starts on record and those of the log; raises where neither is to be had."""
        from deployer.apply.modal.records import Records  # noqa: PLC0415 - only what is asked for
        from deployer.serve.lines import boot_of  # noqa: PLC0415 - as above

        kept = Records().boots(self.record.app, self.record.environment)
        try:
            lines = _refusing() if offline else self.lines(MOST_LINES, follow=False)
            return Starts((*kept, *(boot for line in lines if (boot := boot_of(line)))))
        except (NotAsked, NotReached) as why:
            if not kept:
                name = visible(self.name)
                why.message = f"no start of `{name}` is on record here, and {why.message}"
                raise
            return Starts(kept, f"Only what is on record is shown: {why.message}")

    def status(self, *, offline: bool) -> ModalStatus:
        """Ask Modal how it stands; what is on record where it cannot be asked, and why."""
        from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
        from deployer.apply.modal.status import status, unseen  # noqa: PLC0415 - as above

        records = Records()
        try:
            if offline:
                raise NotAsked(OFFLINE)
            account = self.account()
        except Failure as why:
            return unseen(self.record, self.release, records, why)
        return status(self.record, self.release, records, account)

    def reach(self, key_env: str | None, settle: Callable[[str], None]) -> Reached:
        """Find its address, as Modal tells it, and its credentials."""
        from deployer.apply.modal.address import endpoint_of  # noqa: PLC0415 - imports modal
        from deployer.apply.modal.history import existing  # noqa: PLC0415 - as above
        from deployer.apply.modal.proof import remember_found  # noqa: PLC0415 - as above
        from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
        from deployer.apply.modal.secrets import key_for  # noqa: PLC0415 - as above
        from deployer.apply.modal.standing import as_deployed  # noqa: PLC0415 - as above

        del key_env
        release, account = self.release, self.account()
        existing(account, self.record.app)
        if release is None:
            msg = f"the release of `{self.name}` is recorded nowhere, so its promises are not known"
            raise Failure(msg, hint="give the path of its profile, or --url and --model")
        # A branch is taken for the commit that it was: the server tells what release it became.
        release, _ = as_deployed(account, release, Records())
        server = account.server(release)
        if server is None:
            msg = f"the app `{self.record.app}` on Modal has no server that could be asked"
            hint = "`deployer status` shows how it stands; `deployer apply` deploys it"
            raise NotThere(msg, hint=hint)
        settle(release.listen.api_key_variable)
        endpoint = endpoint_of(release, server.url, key_for(release, verify=True))
        return Reached(
            endpoint, release, partial(remember_found, account, release, self.record.app)
        )

    def destroy(self, volumes: tuple[str, ...], asker: Asker) -> Ended:
        """Stop the app and what runs for it, once that is agreed to."""
        from deployer.apply.modal.destroy import (  # noqa: PLC0415 - as above
            check_volumes,
            deployed_from,
            destroy,
        )
        from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above

        account = self.account()
        parameters = self.release.modal if self.release else None
        check_volumes(parameters, volumes)
        also = f", and delete {', '.join(volumes)}" if volumes else ""
        app = self.record.app
        if file := deployed_from(account, app):
            asker.tell(f"note: the app {app} was deployed from {visible(file)}")
        asker.agree(f"Stop the app {app} and each phase of an apply that runs for it{also}?")
        done = destroy(account, Records(), self.record, parameters, volumes, asker.tell)
        return Ended(done.value(), tuple(done.lines()))


def _refusing() -> Iterator[str]:
    raise NotAsked(not_asked_words(OFFLINE))


def names() -> Iterator[str]:
    """Give the names of the deployments on record here."""
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above

    return (record.name for record in Records().all())


def on_record(given: str, environment: str, *, leftovers: bool) -> OnModal | None:
    """Give the deployment of a profile's or an app's name, if it was deployed from here."""
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above

    del leftovers
    records = Records()
    found = [r for r in records.all() if given in {r.name, r.app}]
    found = [r for r in found if environment in {"", r.environment}]
    if len(found) > 1:
        raise _several(given, [(r.app, r.environment) for r in found])
    if found:
        return OnModal(found[0], records.release(found[0].digest))
    for failure in records.damaged():  # it may be the one that is meant
        raise failure
    return None


def seen_here() -> tuple[ModalStatus, ...]:
    """Give nothing: all are on Modal, which is asked by :mod:`deployer.apply.modal.status`."""
    return ()


def of_release(release: Release) -> OnModal:
    """Give what a profile for Modal means."""
    from deployer.apply.modal.records import Record, Records  # noqa: PLC0415 - as above
    from deployer.apply.modal.remembering import modal_parameters  # noqa: PLC0415 - as above

    parameters = modal_parameters(release)
    unknown = Record(
        name=release.name,
        app=parameters.app,
        environment=parameters.environment,
        endpoint=parameters.endpoint,
        digest="",
        version=0,
        when=0.0,
        url="",
    )
    record = Records().record(parameters.app, parameters.environment)
    return OnModal(record or unknown, release)


def listed(
    account: Account, listing: Listing, given: str, environment: str, *, leftovers: bool
) -> OnModal | None:
    """Give the deployment of a name that Modal lists, from wherever it was deployed.

    With ``leftovers`` a name may also stand for what an apply still runs, though nothing is
    deployed. Raises UsageError for a name that stands for several, Failure for another's app.
    """
    from deployer.apply.modal.listing import record_of, refuse_stranger  # noqa: PLC0415 - as above
    from deployer.apply.modal.records import Records, find  # noqa: PLC0415 - as above

    found = listing.named(account, given)
    found = tuple(app for app in found if environment in {"", app.environment})
    if not found and leftovers:  # those of one app are ended together
        running = {(app.name, app.environment): app for app in listing.phases(given)}
        found = tuple(running.values())
    if len(found) > 1:
        raise _several(given, [(app.name, app.environment) for app in found])
    if not found:
        return None
    app = found[0]
    refuse_stranger(app.name, app.environment, dict(app.tags))
    record = record_of(app)
    there = account.at(app.environment)
    return OnModal(record, find(there, Records(), record.app, record.digest))


def _several(given: str, found: list[tuple[str, str]]) -> UsageError:
    where = ", ".join(f"{app} in {name or 'the default environment'}" for app, name in found)
    message = f"`{given}` is deployed more than once: {where}"
    return UsageError(message, hint="give the path of its profile, or `--environment`")
