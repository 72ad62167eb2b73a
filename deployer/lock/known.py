"""What a lock says of the repositories that a launch loads."""

from __future__ import annotations

from deployer.behaviour.checkpoints import Checkpoints
from deployer.lock.lock import FoundLock


def checkpoints(beside: FoundLock) -> Checkpoints | None:
    """Give what is known of model, draft and adapters; None where there is no lock."""
    lock = beside.lock
    if lock is None:
        return None
    model, draft = lock.of("model"), lock.of("draft")
    adapters = (one for one in lock.repositories if one.role == "adapter")
    return Checkpoints(
        model=model.checkpoint(beside.source) if model else None,
        draft=draft.checkpoint(beside.source) if draft else None,
        adapters=tuple(one.checkpoint(beside.source) for one in adapters),
    )
