"""What a name or a profile's path on the command line stands for: here, or on Modal."""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING

from deployer.apply.local.target import Here
from deployer.apply.modal.target import OnModal
from deployer.cli.accounts import account as account_at
from deployer.cli.layers import environment
from deployer.errors import DeployerError, NotAsked, NotThere, UsageError
from deployer.extras import lacking

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.listing import Listing
    from deployer.apply.modal.records import Records
    from deployer.apply.modal.things import ListedApp


Deployed = Here | OnModal
"""A class for each target: a further one is a folder below ``deployer/apply``, and stands here."""


def target_of(given: str, *, offline: bool = False, phases: bool = False) -> Deployed:
    """Find out what is meant: a profile's path, or a name known here, or else one known to Modal.

    A name that is used in both places stands for the one on this machine; the path of a profile
    is never ambiguous. With an environment a name stands for what is in that one of Modal's. With
    ``phases`` a name may also stand for what an apply still runs, though nothing is deployed.
    Raises NotThere for a name that stands for nothing, NotAsked and NotReached where it is not
    known whether it does, UsageError for one that stands for several things.
    """
    if given.endswith((".yaml", ".yml")):
        return _of_profile(given)
    from deployer.apply.local.folder import folder_of  # noqa: PLC0415 - only for a name
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above

    inside = environment()
    if not inside and folder_of(given, os.environ).is_on_record:
        return Here(given)
    records = Records()
    found = [r for r in records.all() if given in {r.name, r.app}]
    found = [r for r in found if inside in {"", r.environment}]
    if len(found) > 1:
        raise _several(given, [(r.app, r.environment) for r in found])
    if found:
        return OnModal(found[0], records.release(found[0].digest), _account)
    return _asked(given, records, offline=offline, phases=phases)


def _account(environment: str) -> Account:
    refuse_no_token()
    return account_at(environment)


def ask_modal() -> tuple[Account, Listing]:
    """List the apps of every environment. Raises NotAsked, NotReached, or another Failure."""
    refuse_no_token()
    from deployer.apply.modal.client import Account  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.listing import list_apps  # noqa: PLC0415 - as above

    account = Account()
    return account, list_apps(account)


def refuse_no_token() -> None:
    """Raise NotAsked before the client is imported, where there is none or can be no token."""
    from deployer.apply.modal.token import is_surely_missing  # noqa: PLC0415 - only for Modal
    from deployer.apply.unseen import token_missing  # noqa: PLC0415 - as above

    if lacking("modal") is not None or is_surely_missing(os.environ):
        raise token_missing()


def _asked(given: str, records: Records, *, offline: bool, phases: bool) -> OnModal:
    """Ask Modal for a name of which nothing is on record here."""
    from deployer.apply.unseen import OFFLINE, nobody_knows  # noqa: PLC0415 - only for a mistake

    hint = _near(given, records)
    try:
        if offline:
            raise NotAsked(OFFLINE)
        account, listing = ask_modal()
    except DeployerError as why:
        failure = nobody_knows(given, why)
        failure.hint = _joined(hint, failure.hint)
        raise failure from why
    found = listing.named(account, given)
    found = tuple(app for app in found if environment() in {"", app.environment})
    if not found and phases:  # those of one app are ended together
        running = {(app.name, app.environment): app for app in listing.phases(given)}
        found = tuple(running.values())
    if not found:
        raise _nothing(given, listing, hint)
    if len(found) > 1:
        raise _several(given, [(app.name, app.environment) for app in found])
    return _of_app(account, records, found[0])


def _of_app(account: Account, records: Records, app: ListedApp) -> OnModal:
    from deployer.apply.modal.listing import record_of, refuse_stranger  # noqa: PLC0415 - as above
    from deployer.apply.modal.records import find  # noqa: PLC0415 - as above

    refuse_stranger(app.name, app.environment, dict(app.tags))
    record = record_of(app)
    there = account.at(app.environment)
    return OnModal(record, find(there, records, record.app, record.digest), _account)


def _of_profile(path: str) -> Deployed:
    from deployer.apply.modal.records import Record, Records  # noqa: PLC0415 - only for a path
    from deployer.cli.reading import read_release  # noqa: PLC0415 - as above

    release = read_release(path)
    parameters = release.modal
    if parameters is None:
        return Here(release.name)
    record = Records().record(parameters.app, parameters.environment)
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
    return OnModal(record or unknown, release, _account)


def _several(given: str, found: list[tuple[str, str]]) -> UsageError:
    where = ", ".join(f"{app} in {name or 'the default environment'}" for app, name in found)
    message = f"`{given}` is deployed more than once: {where}"
    return UsageError(message, hint="give the path of its profile, or `--environment`")


def _nothing(given: str, listing: Listing, hint: str) -> NotThere:
    from deployer.apply.unseen import asked_words, not_there  # noqa: PLC0415 - only for a mistake

    asked = asked_words(listing.environments, listing.unlisted)
    where = f"on this machine or on Modal (asked in {asked})"
    names = sorted({app.name for app in listing.ours()})
    if listing.phases(given):
        hint = f"an apply runs there: `deployer destroy {given}` ends it"
    elif near := difflib.get_close_matches(given, names, n=1):
        hint = f"did you mean `{near[0]}`?"
    elif names:
        hint = f"deployed on Modal: {', '.join(names)}"
    return not_there(given, where, hint=hint)


def _joined(near: str, hint: str) -> str:
    """Put two hints on one line; a question is at its end already."""
    return (" " if near.endswith("?") else "; ").join(part for part in (near, hint) if part)


def _near(given: str, records: Records) -> str:
    """Say what is known here that may have been meant."""
    from deployer.apply.local.folder import folders  # noqa: PLC0415 - only for a mistake

    names = [f.name for f in folders(os.environ)] + [r.name for r in records.all()]
    if near := difflib.get_close_matches(given, names, n=1):
        return f"did you mean `{near[0]}`?"
    return f"on record here: {', '.join(sorted(set(names)))}" if names else ""
