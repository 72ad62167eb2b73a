"""Where the locks of profiles are read: beside the working tree's files, or in a commit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.cli.compiled import LOCK, beside
from deployer.errors import DeployerError
from deployer.lock.lock import LARGEST, FoundLock, LockError, from_json
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.cli.trees import Tree


def lock_file(profile: str) -> Path:
    """Give the place of a profile's lock."""
    return beside(profile, LOCK)


def read_lock(profile: str) -> FoundLock:
    """Read the lock beside a profile; what cannot be read is said in ``why_not``."""
    from deployer.cli.reading import read_text  # noqa: PLC0415 - only where there is one

    file = str(lock_file(profile))
    if not os.path.lexists(file):
        return FoundLock(file)
    try:
        return as_found(file, read_text(file, "a lock", LARGEST))
    except DeployerError as error:
        return FoundLock(file, why_not=error.message)


def as_found(file: str, text: str) -> FoundLock:
    """Read the text of a lock that is or was in a file."""
    try:
        return FoundLock(file, from_json(text))
    except LockError as error:
        return FoundLock(file, why_not=f"{visible(file)} is no lock: {error}")


def lock_in(tree: Tree, profile: str, shown: str) -> FoundLock:
    """Read the lock beside a profile of a tree; ``shown`` is how the profile is called."""
    file, path = str(lock_file(shown)), lock_file(profile).as_posix()
    if not tree.has(path):
        return FoundLock(file)
    try:
        return as_found(file, tree.text(path, LARGEST + 1))
    except DeployerError as error:
        return FoundLock(file, why_not=error.message)
