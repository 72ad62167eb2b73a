"""Where caches are kept between starts, as far as keeping them needs to know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class Shelf(Protocol):
    """A volume that is read where it is mounted and written by other means; paths are its own.

    Every method may raise :class:`~deployer.errors.Failure`.
    """

    @property
    def root(self) -> Path:
        """Where this container reads it, as it was when the container began."""

    def read(self, path: str) -> bytes | None:
        """Give a file as it is now; None where there is none."""

    def put(self, files: Sequence[tuple[Path, str]]) -> None:
        """Write files, each whole or not at all."""

    def names(self, folder: str) -> tuple[str, ...]:
        """Give the names of the files in a folder as it is now."""

    def remove(self, path: str) -> None:
        """Take a file away."""

    def claim(self, name: str, seconds: float) -> bool:
        """Take a name for oneself: True for one at a time. A claim lapses after ``seconds``."""

    def give_back(self, name: str) -> None:
        """Give a name back that was claimed."""
