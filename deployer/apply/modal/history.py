"""What was deployed when, and going back to it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployer.apply.modal.interrupted import though
from deployer.apply.modal.listing import candidate_of
from deployer.apply.modal.records import Record, Records, find_each
from deployer.apply.modal.tags import DIGEST, FILE, OWED, VERIFIED, app_tags, is_owed
from deployer.apply.modal.things import digest_of
from deployer.apply.unseen import asked_words, not_there_words
from deployer.errors import Failure, NotReached, NotThere, UsageError
from deployer.plan.candidate import candidate_name
from deployer.plan.standing import DEPLOYED

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.things import AppFacts, HistoryEntry
    from deployer.release import Release


SHOWN = 20
"""Versions that a hint names."""

SHORT = 12
DIGEST_DIGITS = 8
"""Digits from which on a number is the beginning of a digest: no app has so many versions."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a deployment.

    ``release`` is None where its text was not looked for, or is nowhere. ``owed`` says that it is
    current, and was not seen to keep its promises yet.
    """

    number: int
    digest: str
    when: float
    who: str
    commit: str
    dirty: bool
    rollback_of: int
    current: bool
    release: Release | None
    owed: bool = False


def versions(account: Account, app_name: str) -> tuple[Version, ...]:
    """Give every version of an app, the newest first, without the text of any release.

    Raises NotThere where there is no app.
    """
    app = existing(account, app_name)
    history = account.history(app)
    if not history and app.state == DEPLOYED:
        message = f"Modal says that the app `{app_name}` is deployed, and names no version of it"
        raise Failure(message, hint="ask again; `deployer status` says how it stands")
    if not history:
        message = f"no version of the app `{app_name}` was ever deployed, as Modal has it"
        raise NotThere(message, hint=f"it is {app.state}; `deployer apply` deploys one")
    tags = account.tags(app)
    return tuple(_version(entry, digest_of(entry, history), tags) for entry in history)


def with_releases(
    account: Account, records: Records, app_name: str, found: tuple[Version, ...]
) -> tuple[Version, ...]:
    """Find the releases of these versions, here or on the volume: all of them at a time."""
    of = find_each(account, records, [(app_name, version.digest) for version in found])
    return tuple(replace(version, release=of.get(version.digest)) for version in found)


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


def candidate_beside(account: Account, app_name: str) -> str:
    """Say which candidate stands beside an app; '' where none does."""
    name = candidate_name(app_name)
    app = account.app(name)
    if app is None or app.state != DEPLOYED:
        return ""
    tags = account.tags(app)
    if candidate_of(tags) != app_name:
        return ""
    return f"a candidate of release {tags.get(DIGEST, '')[:SHORT]} stands beside it: {name}"


def choose(found: tuple[Version, ...], wanted: str = "") -> Version:
    """Choose the version to go back to: by its number, by its release's digest, or the one before.

    The one before is the newest that is older than what the current version is of, with another
    release: where the current one is a rollback already, it is not undone. A digest means its
    newest version, which may be the current one. Raises UsageError where there is none.
    """
    current = next((v for v in found if v.current), None)
    if current is None:
        message = "no version is current, so there is nothing to go back from"
        raise UsageError(message)
    if not wanted:
        at = _origin(found, current).number
        older = (v for v in found if v.number < at and v.digest != current.digest)
        chosen = next(older, None)
        reason = f"there is no older version than {at} with another release"
        if at != current.number:
            reason += f", and version {current.number} has gone back to that one already"
    elif wanted.isdigit() and len(wanted) < DIGEST_DIGITS:
        chosen = next((v for v in found if v.number == int(wanted)), None)
        reason = f"there is no version {wanted}"
    else:
        of = {v.digest: v for v in reversed(found) if v.digest.startswith(wanted.lower())}
        chosen = next(iter(of.values()), None)
        reason = f"no version has a release `{wanted:.64}`"
        if len(of) > 1:
            chosen, reason = None, f"`{wanted:.64}` is the beginning of {len(of)} releases"
        if chosen is not None and chosen.digest == current.digest:
            return current
    if chosen is None:
        shown = [str(v.number) for v in found[:SHOWN]] + (["..."] if len(found) > SHOWN else [])
        hint = f"the versions are {', '.join(shown)}; `deployer history` shows them"
        raise UsageError(reason, hint=hint)
    if chosen.number == current.number and wanted.isdigit() and len(wanted) < DIGEST_DIGITS:
        message = f"version {chosen.number} is the current one"
        raise UsageError(message)
    return chosen


def _origin(found: tuple[Version, ...], version: Version) -> Version:
    """Give the version that a rollback, or a rollback of a rollback, has gone back to."""
    by_number = {v.number: v for v in found}
    while version.rollback_of in by_number and version.rollback_of < version.number:
        version = by_number[version.rollback_of]
    return version


def roll_back(
    account: Account, records: Records, app_name: str, to: Version, *, owed: bool
) -> AppFacts:
    """Make an older version the current one again; its containers replace those that run.

    ``owed`` says that it is to be verified: the deployment is told so before anything is replaced,
    and after. The current version is left as it is. Gives the app as it then is. Raises Failure
    where Modal does not say that it is that release.
    """
    app = refuse_ended(account, app_name)
    if not to.current:
        _own(account, app, to, app.version + 1, owed=owed)
        try:
            account.rollback(app, to.number)
        except NotReached as failure:
            app = _rolled(account, app_name, app, to, failure)
    release = to.release if to.release is not None and to.release.modal is not None else None
    with nullcontext() if to.current else though("Modal has rolled back", _again(app_name, to)):
        app = existing(account, app_name)
        if not to.current:
            _own(account, app, to, app.version, owed=owed)
        history = account.history(app)
        server = None if release is None else account.server(release)
    now = next((entry for entry in history if entry.current), None)
    if now is None or (to.digest and digest_of(now, history) != to.digest):
        message = f"Modal rolled back, but the current release is not that of version {to.number}"
        raise Failure(message, hint=f"`deployer history {app_name}` shows what there is")
    if release is not None:
        records.keep_release(release)
        records.keep(_record(to, release, app, server.url if server else ""))
    return app


def refuse_ended(account: Account, app_name: str) -> AppFacts:
    """Give an app that is deployed; raises Failure for one that somebody stopped."""
    app = existing(account, app_name)
    if app.state != "deployed":
        message = f"the app `{app_name}` is {app.state}, and Modal rolls back only what is deployed"
        raise Failure(message, hint="`deployer apply` with the older profile deploys it again")
    return app


def refuse_moved(account: Account, app_name: str, found: tuple[Version, ...]) -> None:
    """Raise Failure where another version is current than when the versions were looked at."""
    app = existing(account, app_name)
    current = next((version.number for version in found if version.current), 0)
    if app.version != current:
        who = app.deployed_by or "somebody"
        message = f"version {app.version} was deployed by {who} meanwhile"
        raise Failure(message, hint="nothing was done; look at `deployer history`, and try again")


def _rolled(
    account: Account, app_name: str, before: AppFacts, to: Version, failure: NotReached
) -> AppFacts:
    """Look whether a rollback whose answer was lost was done; raises what is known of it."""
    again = _again(app_name, to)
    try:
        app = existing(account, app_name)
    except NotReached as unknown:
        message = f"whether Modal rolled back is not known: {failure.message}"
        raise NotReached(message, hint=again) from unknown
    if app.version == before.version:
        message = f"nothing was rolled back: {failure.message}"
        raise NotReached(message, hint=again) from failure
    return app


def _again(app_name: str, to: Version) -> str:
    return f"`deployer rollback {app_name} --to {to.digest[:SHORT]}` goes on from what there is"


def _own(account: Account, app: AppFacts, to: Version, number: int, *, owed: bool) -> None:
    """Give the app the tags of the release; a rollback may leave those of another version."""
    if to.release is None:
        return
    tags = account.tags(app)
    kept = {key: value for key, value in tags.items() if key not in {OWED, VERIFIED}}
    wanted = {**kept, **app_tags(to.release, tags.get(FILE, ""), owed=owed, number=number)}
    if wanted != tags:
        account.set_tags(app, wanted)


def _version(entry: HistoryEntry, digest: str, tags: dict[str, str]) -> Version:
    return Version(
        number=entry.version,
        digest=digest,
        when=entry.deployed_at,
        who=entry.deployed_by,
        commit=entry.commit,
        dirty=entry.dirty,
        rollback_of=entry.rollback_of,
        current=entry.current,
        release=None,
        owed=entry.current and is_owed(tags, digest, entry.version),
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
