"""Where the locks of profiles are read: beside the working tree's files, or in a commit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deployer.cli.compiled import LOCK, beside
from deployer.errors import DeployerError
from deployer.files import may_be_there
from deployer.lock.lock import LARGEST, FoundLock, LockError, from_json
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.cli.trees import Tree


def lock_file(profile: str) -> Path:
    """Give the place of a profile's lock."""
    return beside(profile, LOCK)


def lock_files(profile: str, inside: str | None = None) -> tuple[Path, ...]:
    """Give the places of the locks that may hold: an environment's own, before the profile's.

    ``inside`` is the environment, None for the one that the verb was asked for.
    """
    own = beside(profile, LOCK, inside)
    return tuple(dict.fromkeys((own, beside(profile, LOCK, ""))))


def read_lock(profile: str, inside: str | None = None) -> FoundLock:
    """Read the lock beside a profile; what cannot be read is said in ``why_not``."""
    from deployer.cli.reading import read_text  # noqa: PLC0415 - only where there is one

    named = next((one for one in lock_files(profile, inside) if may_be_there(one)), None)
    file = str(named or beside(profile, LOCK, inside))
    if named is None:
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
    both = zip(lock_files(shown), lock_files(profile), strict=True)
    file, path = next(
        ((str(one), two.as_posix()) for one, two in both if tree.has(two.as_posix())), ("", "")
    )
    if not path:
        return FoundLock(str(lock_file(shown)))
    try:
        return as_found(file, tree.text(path, LARGEST + 1))
    except DeployerError as error:
        return FoundLock(file, why_not=error.message)
