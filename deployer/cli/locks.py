"""Where the locks of profiles are read: beside the working tree's files, or in a commit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.cli.compiled import LOCK, beside
from deployer.errors import DeployerError
from deployer.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.lock.lock import Lock


@dataclass(frozen=True, slots=True)
class Found:
    """The lock beside a profile: None where there is none, or none that can be read.

    ``why_not`` says why it cannot be.
    """

    file: str
    lock: Lock | None = None
    why_not: str = ""


def lock_file(profile: str) -> Path:
    """Give the place of a profile's lock."""
    return beside(profile, LOCK)


def read_lock(profile: str) -> Found:
    """Read the lock beside a profile; what cannot be read is said in ``why_not``."""
    from deployer.cli.reading import read_text  # noqa: PLC0415 - only where there is one
    from deployer.lock.lock import LARGEST  # noqa: PLC0415 - as above

    file = str(lock_file(profile))
    if not os.path.lexists(file):
        return Found(file)
    try:
        return as_found(file, read_text(file, "a lock", LARGEST))
    except DeployerError as error:
        return Found(file, why_not=error.message)


def as_found(file: str, text: str) -> Found:
    """Read the text of a lock that is or was in a file."""
    from deployer.lock.lock import LockError, from_json  # noqa: PLC0415 - only where there is one

    try:
        return Found(file, from_json(text))
    except LockError as error:
        return Found(file, why_not=f"{visible(file)} is no lock: {error}")
