"""What was deployed when, and going back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.apply.modal.records import Record, Records, find
from deployer.apply.modal.standing import digest_of
from deployer.apply.modal.tags import DIGEST, app_tags
from deployer.apply.unseen import asked_words, not_there_words
from deployer.errors import Failure, NotThere, UsageError
from deployer.late import dataclass

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.things import AppFacts, HistoryEntry
    from deployer.release import Release


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a deployment. ``release`` is None where its text is nowhere to be found."""

    number: int
    digest: str
    when: float
    who: str
    commit: str
    dirty: bool
    rollback_of: int
    current: bool
    release: Release | None


def versions(account: Account, records: Records, app_name: str) -> tuple[Version, ...]:
    """Give every version of an app, the newest first. Raises NotThere where there is no app."""
    app = existing(account, app_name)
    history = account.history(app)
    return tuple(_version(entry, history, account, records, app_name) for entry in history)


def existing(account: Account, app_name: str) -> AppFacts:
    """Look an app up; raises NotThere where nothing was ever deployed under that name."""
    app = account.app(app_name)
    if app is None:
        raise never_deployed(account, app_name)
    return app


def never_deployed(account: Account, app_name: str) -> NotThere:
    """Say that Modal was asked and has no such app."""
    where = not_there_words(asked_words((account.environment,)))
    hint = "`modal app list` names the apps; `deployer apply` makes one"
    return NotThere(f"there is no app `{app_name}`: {where}", hint=hint)


def choose(found: tuple[Version, ...], wanted: int | None) -> Version:
    """Choose the version to go back to: the one before the current, or the one that is named.

    The one before is the newest with another release than the current. Raises UsageError where
    there is none.
    """
    current = next((v for v in found if v.current), None)
    if current is None:
        message = "no version is current, so there is nothing to go back from"
        raise UsageError(message)
    if wanted is None:
        older = (v for v in found if v.number < current.number and v.digest != current.digest)
        chosen = next(older, None)
        reason = "there is no older version with another release"
    else:
        chosen = next((v for v in found if v.number == wanted), None)
        reason = f"there is no version {wanted}"
    if chosen is None:
        known = ", ".join(str(v.number) for v in found)
        raise UsageError(reason, hint=f"the versions are {known}; `deployer history` shows them")
    if chosen.number == current.number:
        message = f"version {chosen.number} is the current one"
        raise UsageError(message)
    return chosen


def roll_back(account: Account, records: Records, app_name: str, to: Version) -> AppFacts:
    """Make an older version the current one again; its containers replace those that run.

    Gives the app as it then is. Raises Failure where Modal does not say that it is that release.
    """
    app = existing(account, app_name)
    if app.state != "deployed":
        message = f"the app `{app_name}` is {app.state}, and Modal rolls back only what is deployed"
        raise Failure(message, hint="`deployer apply` with the older profile deploys it again")
    account.rollback(app, to.number)
    app = existing(account, app_name)
    _mend_tags(account, app, to)
    history = account.history(app)
    now = next((entry for entry in history if entry.current), None)
    if now is None or (to.digest and digest_of(now, history) != to.digest):
        message = f"Modal rolled back, but the current release is not that of version {to.number}"
        raise Failure(message, hint=f"`deployer history {app_name}` shows what there is")
    if to.release is not None and to.release.modal is not None:
        server = account.server(to.release)
        records.keep_release(to.release)
        records.keep(_record(to, to.release, app, server.url if server else ""))
    return app


def _mend_tags(account: Account, app: AppFacts, to: Version) -> None:
    """Give the app the tags of the release, should a rollback leave those of the newer one."""
    tags = account.tags(app)
    if to.release is not None and tags.get(DIGEST) != to.digest:
        account.set_tags(app, {**tags, **app_tags(to.release)})


def _version(
    entry: HistoryEntry,
    history: tuple[HistoryEntry, ...],
    account: Account,
    records: Records,
    app_name: str,
) -> Version:
    digest = digest_of(entry, history)
    return Version(
        number=entry.version,
        digest=digest,
        when=entry.deployed_at,
        who=entry.deployed_by,
        commit=entry.commit,
        dirty=entry.dirty,
        rollback_of=entry.rollback_of,
        current=entry.current,
        release=find(account, records, app_name, digest) if digest else None,
    )


def _record(to: Version, release: Release, app: AppFacts, url: str) -> Record:
    parameters = release.modal
    return Record(
        name=release.name,
        app=parameters.app if parameters else "",
        environment=parameters.environment if parameters else "",
        endpoint=parameters.endpoint if parameters else "",
        digest=to.digest,
        version=app.version,
        when=app.deployed_at,
        url=url,
    )
