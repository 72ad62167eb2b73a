"""How a Modal deployment stands right now; no container is woken for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployer.apply.modal.standing import deployed_now
from deployer.errors import Failure

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.records import Record, Records
    from deployer.release import Release


@dataclass(frozen=True, slots=True)
class ModalStatus:
    """One deployment.

    ``state`` is ``serving`` (a container is there), ``asleep`` (none is, and the next request
    starts one), ``stopped``, ``gone``, or ``unknown`` where Modal was not asked.

    ``since`` is when the current version was deployed, seconds since the epoch. ``message`` says
    what is wrong or was not looked at.
    """

    name: str
    state: str
    app: str
    environment: str
    url: str
    model: str
    engine: str
    hardware: str
    digest: str
    version: int
    since: float
    who: str
    containers: int
    verified: bool
    message: str = ""


def status(
    record: Record, profile: Release | None, records: Records, account: Account | None
) -> ModalStatus:
    """Say how a deployment stands; with no account, what is on record.

    ``profile`` is what is asked about where nothing is on record.
    """
    release = records.release(record.digest) or profile
    known = ModalStatus(
        name=record.name,
        state="unknown",
        app=record.app,
        environment=record.environment,
        url=record.url,
        model=release.model.served_name if release else "",
        engine=f"{release.engine.name} {release.engine.version}" if release else "",
        hardware=f"{release.hardware.count} x {release.hardware.gpu}" if release else "",
        digest=record.digest,
        version=record.version,
        since=record.when,
        who="",
        containers=0,
        verified=record.verified,
        message="from the record on this machine; Modal was not asked",
    )
    if account is None or release is None or release.modal is None:
        return known
    return _live(known, release, records, account)


def _live(known: ModalStatus, release: Release, records: Records, account: Account) -> ModalStatus:
    if release.modal is None:
        return known
    try:
        deployed = deployed_now(account, release.modal, records)
        server = account.server(release)
    except Failure as failure:
        return replace(known, message=failure.message)
    if deployed is None:
        return replace(known, state="gone", message="Modal knows no app of that name")
    if deployed.state != "deployed":
        return replace(known, state=deployed.state, message="")
    same = not known.digest or deployed.digest == known.digest
    return replace(
        known,
        state="serving" if deployed.containers else "asleep",
        url=server.url if server else known.url,
        digest=deployed.digest,
        version=deployed.version,
        since=deployed.when,
        who=deployed.who,
        containers=deployed.containers,
        verified=known.verified and same,
        message="" if same else "another release was deployed from elsewhere",
    )
