"""Takes a Modal deployment away; what it wrote on volumes stays unless it is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.modal.listing import refuse_stranger
from deployer.apply.unseen import asked_words, not_there, not_there_words
from deployer.errors import Failure, UsageError

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.records import Record, Records
    from deployer.release import ModalParameters


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What became of a destroy; ``kept`` are the volumes that stay, with what they hold."""

    app: str
    existed: bool
    volumes: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]


def check_volumes(parameters: ModalParameters | None, wanted: tuple[str, ...]) -> None:
    """Refuse volumes that are not those of the deployment. Raises UsageError."""
    known = {name for name, _ in _volumes(parameters)}
    if strangers := [name for name in wanted if name not in known]:
        message = f"`{strangers[0]}` is not a volume of this deployment"
        hint = f"its volumes are {', '.join(sorted(known))}" if known else "it has none"
        raise UsageError(message, hint=hint)


def destroy(
    account: Account,
    records: Records,
    record: Record,
    parameters: ModalParameters | None,
    volumes: tuple[str, ...] = (),
) -> Destroyed:
    """Stop the app, and delete the volumes that are named. May be called again.

    Only an app that carries deployer's tags is ended, whatever the name is. Raises Failure where
    Modal does not do it, and NotThere where it knows no app of that name and no volume was named.
    """
    check_volumes(parameters, volumes)
    app = account.app(record.app)
    existed = app is not None and app.state == "deployed"
    if app is None and not volumes:
        records.forget(record.app, record.environment)
        where = asked_words((account.environment,))
        raise not_there(record.app, f"on Modal: {not_there_words(where)}")
    if app is not None and existed:
        refuse_stranger(record.app, account.environment, account.tags(app))
        account.stop(app)
        after = account.app(record.app)
        if after is not None and after.state == "deployed":
            message = f"the app `{record.app}` is still deployed"
            raise Failure(message, hint=f"`modal app stop {record.app}` ends it by hand")
    deleted = tuple(name for name in volumes if account.delete_volume(name))
    records.forget(record.app, record.environment)
    kept = tuple(each for each in _volumes(parameters) if each[0] not in deleted)
    return Destroyed(record.app, existed, deleted, kept)


def _volumes(parameters: ModalParameters | None) -> tuple[tuple[str, str], ...]:
    if parameters is None:
        return ()
    return (
        (parameters.weights.volume, "weights"),
        (parameters.kernel_cache.volume, "compiled kernels"),
    )
