"""What is remembered of a verification: on this machine, and on Modal for every other one."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from deployer.apply.modal.proxy_token import headers_for
from deployer.apply.modal.records import Record, Records
from deployer.apply.modal.standing import as_deployed, deployed_now
from deployer.apply.modal.tags import proven, short_digest, verified_at
from deployer.apply.modal.wait import HEALTHY, ask, told_by
from deployer.apply.patience import current
from deployer.apply.seen import NOTHING, Observed, Recorded
from deployer.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.apply.modal.client import Account
    from deployer.plan.deployment import Deployed
    from deployer.release import Release

ANSWER = 30.0
"""Seconds in which a container that runs must answer ``/health``; SGLang takes one."""


UNNOTED = "what was found could not be noted on Modal, so other machines do not learn of it"


def publish(account: Account, app_name: str, digest: str, version: int, when: float) -> str:
    """Write into an app's tags that a version kept every promise at ``when``, or, with 0, not.

    Gives what was wrong, '' where nothing was: the verification holds all the same.
    """
    try:
        app = account.app(app_name)
        if app is None:
            return f"{UNNOTED}: the app is not there any more"
        if app.version != version:
            return f"{UNNOTED}: version {app.version} was deployed meanwhile"
        account.set_tags(app, proven(account.tags(app), digest, version, when))
    except Failure as failure:
        return f"{UNNOTED}: {failure.message}"
    return ""


def recorded(account: Account, records: Records, deployed: Deployed) -> Recorded:
    """Say what is on record of a version's verification: here, or else in the app's tags."""
    name, digest = deployed.app, deployed.digest
    record = records.record(name, account.environment) or records.record(name, "")
    if (
        record is not None
        and record.verified_at
        and record.is_of(digest, deployed.version, deployed.when)
    ):
        return Recorded(record.when, record.verified, record.verified_at)
    app = account.app(name)
    return NOTHING if app is None else said_of(account.tags(app), digest, app.version)


def said_of(tags: Mapping[str, str], digest: str, version: int) -> Recorded:
    """Say what an app's tags tell of a version's verification."""
    when = verified_at(tags, digest, version)
    return Recorded(when, verified=True, verified_at=when) if when else NOTHING


def look(
    account: Account, release: Release, containers: int, now: Callable[[], float] = time.time
) -> tuple[bool | None, Observed]:
    """Ask a server whether it answers; None where no container runs, for asking would start one."""
    if not containers:
        what = "no container runs, so the server was not asked: that would start one"
        return None, Observed(now(), what)
    server = account.server(release)
    if server is None or not server.url:
        return False, Observed(now(), "Modal names no server that could be asked")
    try:
        headers = headers_for(release)
    except Failure as failure:
        return None, Observed(now(), f"the server was not asked: {failure.message}")
    seconds = current().bound(ANSWER)
    answer = ask(f"{server.url}/health", server.url, seconds, headers)
    if answer.status == HEALTHY and told_by(release, answer) is False:
        return False, Observed(now(), f"release {answer.release} answered /health, not this one")
    if answer.status == HEALTHY:
        told = "" if answer.release else ", and did not tell which release it is"
        return True, Observed(now(), f"it answered /health{told}")
    said = f"it answered /health with {answer.status}" if answer.status else ""
    said = said or f"no answer within {seconds:.3g} s"
    return False, Observed(now(), said)


def tried(record: Record, *, verified: bool, when: float) -> Record:
    """Give a record of a verification that was just tried."""
    return replace(record, verified=verified, verified_at=when)


def remember_found(
    account: Account,
    release: Release,
    app_name: str,
    verified: bool,  # noqa: FBT001 - what was found
) -> str:
    """Keep what was found of a server that was asked by hand, if this release is what is deployed.

    Nothing is kept of another release: the answers were not that one's promises. Gives why it was
    not noted, '' where it was, or had no place.
    """
    records, when = Records(), time.time()
    release, _ = as_deployed(account, release, records)
    deployed = deployed_now(account, app_name, records)
    digest = short_digest(release)
    if deployed is None or deployed.digest != digest:
        return ""
    found = (records.record(app_name, name) for name in (account.environment, ""))
    record = next((one for one in found if one is not None and one.digest == digest), None)
    if record is not None:
        now = replace(record, version=deployed.version, when=deployed.when)
        records.keep(tried(now, verified=verified, when=when))
    return publish(account, app_name, digest, deployed.version, when if verified else 0.0)
