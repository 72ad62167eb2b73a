"""Takes a Modal deployment away; what it wrote on volumes stays unless it is named."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.modal.interrupted import telling
from deployer.apply.modal.listing import candidate_of, list_apps, phases_of, refuse_stranger
from deployer.apply.modal.locked import alone, names_below, refuse_held, whole
from deployer.apply.modal.records import find
from deployer.apply.modal.standing import remembered
from deployer.apply.modal.tags import DIGEST, FILE
from deployer.apply.unseen import asked_words, not_there, not_there_words
from deployer.errors import Failure, NotThere, UsageError
from deployer.plan.candidate import ENDING
from deployer.plan.file import shown
from deployer.plan.standing import DEPLOYED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.records import Record, Records
    from deployer.apply.modal.things import AppFacts, ListedApp
    from deployer.release import ModalParameters

LIST_BY_HAND = "`modal app list` shows what runs, and `modal app stop ID` ends it"


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What became of a destroy.

    ``kept`` are the volumes that were left alone, with what they are for; ``absent`` were to be
    deleted, and Modal has none of that name. ``found`` is the state in which Modal had the app, ''
    where it had none. ``phases`` are the ids of the apps that were ended beside it: phases of an
    apply that still ran. ``candidate`` is the name of a candidate that was ended, '' for none.
    """

    app: str
    found: str
    phases: tuple[str, ...]
    volumes: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]
    candidate: str = ""
    absent: tuple[str, ...] = ()

    @property
    def existed(self) -> bool:
        """Whether the app was deployed until now."""
        return self.found == DEPLOYED

    def value(self) -> dict[str, object]:
        """Give it for JSON."""
        return {
            "app": self.app,
            "existed": self.existed,
            "found": self.found or None,
            "phases_ended": self.phases,
            "candidate_ended": self.candidate or None,
            "volumes_deleted": self.volumes,
            "volumes_absent": self.absent,
            "volumes_kept": dict(self.kept),
        }

    def lines(self) -> Iterator[str]:
        """Say it in words."""
        before = f"says that it is {self.found}" if self.found else "has no such app"
        what = "is stopped" if self.existed else f"was not deployed: Modal was asked, and {before}"
        yield f"the app {self.app} {what}"
        for phase in self.phases:
            yield f"a phase of an apply that still ran, {phase}, is stopped"
        if self.candidate:
            yield f"its candidate, {self.candidate}, is stopped"
        for volume in self.volumes:
            yield f"the volume {volume} is deleted"
        for volume in self.absent:
            yield f"there was no volume {volume} to delete: Modal was asked"
        for volume, holds in self.kept:
            yield f"the volume {volume} was left alone ({holds}); `--volume {volume}` deletes it"


def check_volumes(parameters: ModalParameters | None, wanted: tuple[str, ...]) -> None:
    """Refuse volumes that are not those of the deployment. Raises UsageError."""
    known = {name for name, _ in _volumes(parameters)}
    if strangers := [name for name in wanted if name not in known]:
        message = f"`{strangers[0]}` is not a volume of this deployment"
        hint = f"its volumes are {', '.join(sorted(known))}" if known else "it has none"
        raise UsageError(message, hint=hint)


def deployed_from(account: Account, name: str) -> str:
    """Give the file that an app is of, where it is up and tells: a copy of it has the same app."""
    app = account.app(name)
    up = app is not None and app.state == DEPLOYED
    return shown(account.tags(app).get(FILE, "")) if app is not None and up else ""


def destroy(
    account: Account,
    records: Records,
    record: Record,
    parameters: ModalParameters | None,
    volumes: tuple[str, ...] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> Destroyed:
    """Stop the app, the phases of an apply that still run for it, and delete the named volumes.

    May be called again. Only apps that carry deployer's tags are ended, whatever the name is, and
    only while nobody else changes that app, nobody fills a folder of such a volume, and no other
    app that deployer deployed mounts one; ``tell`` hears of a holder of a lock that is gone, and
    of what could not be looked at. Raises Failure where somebody does, before anything is ended,
    and where Modal does not do it, and NotThere where it knows no app of that name, no phase of one
    runs, and none of the volumes that were named is there.
    """
    check_volumes(parameters, volumes)
    if account.app(record.app) is None and not (volumes or _phases(account, record.app)):
        raise _nothing(account, records, record)
    with (
        alone(account, _locked_by(account, record.app), "a destroy", tell) as held,
        telling(account, record.app),
        ExitStack() as stack,
    ):
        for volume in volumes:
            stack.enter_context(_unfilled(account, volume, tell))
        if volumes:
            _refuse_mounted(account, records, record.app, volumes, tell)
        app = account.app(record.app)
        if app is not None and app.state == DEPLOYED:
            _stop(account, app, record.app)
        ended = _end_phases(account, record.app)
        held.refuse_lost()
        deleted = tuple(name for name in volumes if _deleted(account, record.app, name))
    if app is None and not ended and not deleted:
        raise _nothing(account, records, record, volumes)
    records.forget(record.app, record.environment)
    kept = tuple(each for each in _volumes(parameters) if each[0] not in volumes)
    absent = tuple(name for name in volumes if name not in deleted)
    beside = next((one.name for one in ended if candidate_of(one.tags)), "")
    phases = tuple(one.id for one in ended if one.name != beside)
    return Destroyed(record.app, app.state if app else "", phases, deleted, kept, beside, absent)


def _nothing(
    account: Account, records: Records, record: Record, volumes: tuple[str, ...] = ()
) -> NotThere:
    """Say that there is nothing that could be ended; what is on record of it goes away."""
    hint = "".join(remembered(records, record.app, record.environment))
    records.forget(record.app, record.environment)
    where = not_there_words(asked_words((account.environment,)))
    neither = f", nor a volume {' or '.join(volumes)}" if volumes else ""
    return not_there(record.app, f"on Modal: {where}{neither}", hint=hint)


def _locked_by(account: Account, name: str) -> str:
    """Give the app whose lock an app has: a candidate has that of the app that it is one of."""
    if not name.endswith(ENDING):
        return name
    app = account.app(name)
    return (candidate_of(account.tags(app)) if app is not None else "") or name


def _deleted(account: Account, app: str, volume: str) -> bool:
    """Delete a volume; False where there is none. A failure says what was ended before it."""
    try:
        return account.delete_volume(volume)
    except Failure as failure:
        failure.message = (
            f"the app {app} is not deployed any more, and whether the volume {volume} is deleted "
            f"is not known: {failure.message}"
        )
        raise


@contextmanager
def _unfilled(account: Account, volume: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Let nobody fill a folder of a volume while the block runs. Raises Failure where one does."""
    with alone(account, whole(volume), "a destroy", tell):
        for place in names_below(account, whole(volume)):
            refuse_held(account, place, tell)
        yield


def _refuse_mounted(
    account: Account,
    records: Records,
    app: str,
    volumes: tuple[str, ...],
    tell: Callable[[str], None],
) -> None:
    """Raise Failure where another app of deployer's mounts a volume, or that is not known.

    What is not deployer's says nowhere which volumes it mounts.
    """
    listing = list_apps(account)
    here = account.environment or listing.environments[0]
    if listing.unlisted:
        tell(f"whether apps of other environments mount it is not known: {listing.unlisted}")
    for other in listing.ours():
        own = other.environment == here and app in {other.name, candidate_of(other.tags)}
        if own or other.state != DEPLOYED:
            continue
        where = f"the app `{other.name}` of the environment {other.environment}"
        release = find(account.at(other.environment), records, other.name, other.tags[DIGEST])
        if release is None or release.modal is None:
            message = f"whether {where} mounts `{volumes[0]}` is not known: its release is nowhere"
            raise Failure(
                message, hint=f"Nothing was done. `modal volume delete {volumes[0]}` does it"
            )
        shared = set(volumes) & _mounted(release.modal, other.environment, here)
        if shared:
            message = f"the volume `{min(shared)}` is mounted by {where}"
            hint = f"Nothing was done. `deployer destroy {other.name}` first, or without `--volume`"
            raise Failure(message, hint=hint)


def _mounted(parameters: ModalParameters, environment: str, of: str) -> set[str]:
    """Give the volumes of an environment that a release mounts, deployed in ``environment``."""
    found = {each.volume for each in (*parameters.mounts[1:], *parameters.volumes)}
    found = found if environment == of else set()
    weights = parameters.weights
    return found | ({weights.volume} if (weights.environment or environment) == of else set())


def _stop(account: Account, app: AppFacts, name: str) -> None:
    refuse_stranger(name, account.environment, account.tags(app))
    account.stop(app.id)
    after = account.app(name)
    if after is not None and after.state == DEPLOYED:
        message = f"the app `{name}` is still deployed"
        raise Failure(message, hint=f"`modal app stop {name}` ends it by hand")


def _end_phases(account: Account, name: str) -> tuple[ListedApp, ...]:
    """End what an apply has begun for an app; gives it. Looks again whether it has ended."""
    running = _phases(account, name)
    with _telling(name):
        for phase in running:
            account.stop(phase.id)
    left = _phases(account, name) if running else ()
    if left:
        message = f"a phase of an apply still runs for the app `{name}`"
        raise Failure(message, hint=f"`modal app stop {left[0].id}` ends it by hand")
    return running


def _phases(account: Account, name: str) -> tuple[ListedApp, ...]:
    with _telling(name):
        return phases_of(account, name)


@contextmanager
def _telling(name: str) -> Iterator[None]:
    """Say what is not known, and what is, where the block fails."""
    try:
        yield
    except Failure as failure:
        message = (
            f"whether a phase of an apply still runs for the app `{name}` is not known, and the "
            f"app itself is not deployed: {failure.message}"
        )
        raise type(failure)(message, hint=failure.hint or LIST_BY_HAND) from failure


def _volumes(parameters: ModalParameters | None) -> tuple[tuple[str, str], ...]:
    if parameters is None:
        return ()
    what = ("weights", "compiled kernels")
    found = ((one.volume, held) for one, held in zip(parameters.mounts, what, strict=False))
    # Borrowed weights are another environment's, and are only read here.
    return tuple(found)[1 if parameters.borrows else 0 :]
