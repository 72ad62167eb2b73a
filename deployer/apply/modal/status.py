"""How deployments on Modal stand right now; no container is woken for it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from deployer.apply.modal.records import Record
from deployer.apply.seen import NOTHING, Observed, Recorded
from deployer.apply.unseen import asked_words, not_asked_words, not_reached_words, not_there_words
from deployer.errors import DeployerError, Failure, NotAsked
from deployer.late import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.listing import Listing
    from deployer.apply.modal.records import Records
    from deployer.apply.modal.things import ListedApp
    from deployer.plan.standing import Deployed
    from deployer.release import Release

Condition = Literal[
    "serving", "asleep", "running", "stopping", "stopped", "not-there", "not-reached", "not-asked"
]
"""``serving``: a container is there; ``asleep``: none is, and the next request starts one;
``running``: a phase of an apply. The last three are those of :mod:`deployer.apply.unseen`."""

AT_ONCE = 8
"""Deployments that are asked about at the same time; each takes five questions to Modal."""


@dataclass(frozen=True, slots=True)
class ModalStatus:
    """One deployment.

    ``observed`` is what Modal said just now, None where it said nothing; all that is known then is
    on record, and ``containers`` is None. ``recorded`` is what this machine remembers of this
    release, ``memory`` among it: what an engine said of its memory at its start, and how that stood
    beside what was reckoned. ``since`` is when the version was deployed, seconds since the epoch.
    ``message`` says what is wrong or was not looked at.
    """

    name: str
    state: Condition
    app: str
    environment: str
    url: str = ""
    model: str = ""
    engine: str = ""
    hardware: str = ""
    digest: str = ""
    version: int = 0
    since: float = 0.0
    who: str = ""
    containers: int | None = None
    message: str = ""
    observed: Observed | None = None
    recorded: Recorded = NOTHING
    memory: str = ""


def unseen(
    record: Record, profile: Release | None, records: Records, why: DeployerError
) -> ModalStatus:
    """Say what is on record of a deployment, and why Modal said nothing about it.

    ``profile`` is what is asked about where nothing is on record.
    """
    asked = not isinstance(why, NotAsked)
    words = not_reached_words(why) if asked else not_asked_words(why.message)
    known = _described(_on_record(record), records.release(record.digest) or profile)
    return replace(known, state="not-reached" if asked else "not-asked", message=words)


def status(
    record: Record,
    profile: Release | None,
    records: Records,
    account: Account,
    now: Callable[[], float] = time.time,
) -> ModalStatus:
    """Ask Modal how a deployment stands."""
    from deployer.apply.modal.proof import recorded  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.standing import deployed_now  # noqa: PLC0415 - only to ask

    try:
        deployed = deployed_now(account, record.app, records)
        release = (deployed.release if deployed else None) or profile
        server = account.server(release) if release else None
    except Failure as failure:
        return unseen(record, profile, records, failure)
    known = _described(_on_record(record), release)
    if deployed is None:
        where = not_there_words(asked_words((account.environment,)))
        seen = Observed(now(), "Modal has no such app")
        return replace(known, state="not-there", message=where, observed=seen, containers=0)
    live = _live(known, record, deployed, server.url if server else "", now)
    if live.recorded.verified_at or live.state not in {"serving", "asleep"}:
        return live
    try:
        return replace(live, recorded=recorded(account, records, record.app, deployed.digest))
    except Failure as failure:  # what was seen stands, whatever else cannot be asked
        return replace(live, recorded=replace(live.recorded, unknown=failure.message))


def everything(
    account: Account, listing: Listing, records: Records, now: Callable[[], float] = time.time
) -> tuple[ModalStatus, ...]:
    """Say how all stands that deployer deployed on Modal, and all that is on record here."""
    apps = [app for app in listing.ours() if app.state != "running"]
    asked = [_record(app, listing, records) for app in apps]
    there = {(app.name, app.environment) for app in apps}
    asked += [r for r in records.all() if (r.app, _environment(r, listing)) not in there]

    def one(record: Record) -> ModalStatus:
        return status(record, None, records, account.at(_environment(record, listing)), now)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(one, asked))
    found += map(partial(_running, now=now), (a for a in listing.ours() if a.state == "running"))
    return tuple(sorted(found, key=lambda one: (one.name, one.environment)))


def _record(app: ListedApp, listing: Listing, records: Records) -> Record:
    """Give what is on record of an app, or what its tags say where nothing is."""
    from deployer.apply.modal.listing import record_of  # noqa: PLC0415 - as above

    names = (app.environment, "") if app.environment == listing.environments[0] else ()
    found = (records.record(app.name, name) for name in names or (app.environment,))
    return next((one for one in found if one is not None), record_of(app))


def _environment(record: Record, listing: Listing) -> str:
    return record.environment or listing.environments[0]


def _running(app: ListedApp, now: Callable[[], float]) -> ModalStatus:
    from deployer.apply.modal.listing import record_of  # noqa: PLC0415 - as above

    record = record_of(app)
    what = f"{app.containers} containers of an app that is not deployed"
    return ModalStatus(
        record.name,
        "running",
        record.app,
        record.environment,
        digest=record.digest,
        since=app.created_at,
        containers=app.containers,
        message=f"a phase of an apply; `modal app stop {app.id}` ends it",
        observed=Observed(now(), what),
    )


def _on_record(record: Record) -> ModalStatus:
    return ModalStatus(
        record.name,
        "not-asked",
        record.app,
        record.environment,
        url=record.url,
        digest=record.digest,
        version=record.version,
        since=record.when,
        recorded=Recorded(record.when, record.verified, record.verified_at),
        memory=record.memory,
    )


def _described(known: ModalStatus, release: Release | None) -> ModalStatus:
    if release is None:
        return known
    return replace(
        known,
        model=release.model.served_name,
        engine=f"{release.engine.name} {release.engine.version}",
        hardware=f"{release.hardware.count} x {release.hardware.gpu}",
    )


def _live(
    known: ModalStatus, record: Record, deployed: Deployed, url: str, now: Callable[[], float]
) -> ModalStatus:
    count = deployed.containers
    counted = f"{count} container{'' if count == 1 else 's'}"
    seen = Observed(now(), f"Modal says that it is {deployed.state}, with {counted}")
    known = replace(
        known,
        environment=deployed.environment or known.environment,
        digest=deployed.digest,
        version=deployed.version,
        since=deployed.when,
        who=deployed.who,
        containers=count,
        observed=seen,
    )
    if deployed.digest != record.digest or not record.when:
        # What is remembered is of another release.
        known = replace(known, recorded=NOTHING, memory="")
    if deployed.state != "deployed":
        ended: Condition = "stopping" if deployed.state == "stopping" else "stopped"
        return replace(known, state=ended)
    elsewhere = bool(record.when) and deployed.digest != record.digest
    return replace(
        known,
        state="serving" if count else "asleep",
        url=url or known.url,
        message="another release was deployed from elsewhere" if elsewhere else "",
    )
