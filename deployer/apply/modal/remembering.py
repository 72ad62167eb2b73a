"""How things stood when something was deployed from this machine last: for plans offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.compile.pin import commits_of, pin
from deployer.errors import Failure
from deployer.plan.deployment import Deployed, Standing

if TYPE_CHECKING:
    from deployer.apply.modal.records import Records
    from deployer.release import ModalParameters, Release


def remember(release: Release, records: Records) -> tuple[Release, Standing]:
    """Say how things stood when something was deployed from this machine last.

    A branch is taken for the commit that it was then.
    """
    parameters = modal_parameters(release)
    record = records.record(parameters.app, parameters.environment)
    if record is None:
        note = "nothing is recorded on this machine, so everything is shown as new"
        return release, Standing(source="nothing", deployed=None, facts=(), notes=(note,))
    deployed = Deployed(
        release=records.release(record.digest),
        digest=record.digest,
        app=record.app,
        environment=record.environment,
        version=record.version,
        state="deployed",
        who="",
        when=record.when,
        commit="",
        dirty=False,
        url=record.url,
        containers=0,
        file=record.file,
    )
    pinned, notes = as_it_was(release, deployed)
    return pinned, Standing(source="record", deployed=deployed, facts=(), notes=notes)


def as_it_was(release: Release, deployed: Deployed | None) -> tuple[Release, tuple[str, ...]]:
    """Pin a release to the commit that its branch was for what is deployed; gives notes, too."""
    old = deployed.release if deployed else None
    known = commits_of(old) if old is not None else (lambda _: "")
    notes = []
    for source in release.sources():
        if source.commit:
            continue
        if not (then := known(source)):
            notes.append(f"the revision `{source.revision}` of {source.repo} was not looked up")
        else:
            what = f"`{source.revision}` of {source.repo}"
            notes.append(f"{what} is taken for the {then[:12]} that it was then")
    return pin(release, known), tuple(notes)


def modal_parameters(release: Release) -> ModalParameters:
    """Give the parameters of a release for Modal; raises Failure for another one."""
    if release.modal is None:
        message = f"`{release.name}` is for `target: {release.target}`, not for Modal"
        raise Failure(message)
    return release.modal
