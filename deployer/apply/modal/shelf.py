"""The cache volume as a shelf: mounted for reading only, and written through Modal's client.

An engine cannot write where kernels lie that other containers run, and a file that is uploaded is
there whole or not at all. Runs in a container, beside :mod:`deployer.apply.modal.remote`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import modal

from deployer.errors import Failure

CLAIMS = "deployer-caches"
"""The Dict of each environment that says who writes which caches; what nobody asks for any more
goes away after 7 days (modal 1.6.4)."""


MOST = 24
"""Claims of the same that may lapse one after another, before the first ones are forgotten."""


@dataclass(frozen=True, slots=True)
class ModalShelf:
    """One volume, which this container reads at ``root``.

    ``taken`` tells of each claim its key, and the time until which it is ours.
    """

    volume: str
    root: Path
    now: Callable[[], float] = time.time
    taken: dict[str, tuple[str, float]] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        """Give a file as it is now; None where there is none."""
        with _told("read"):
            try:
                return b"".join(self._volume().read_file(path))
            except FileNotFoundError:
                return None

    def put(self, files: Sequence[tuple[Path, str]]) -> None:
        """Write files, each whole or not at all."""
        with _told("written"), self._volume().batch_upload(force=True) as batch:
            for source, path in files:
                batch.put_file(source, path)

    def names(self, folder: str) -> tuple[str, ...]:
        """Give the names of the files in a folder as it is now."""
        with _told("listed"):
            return tuple(Path(each.path).name for each in self._volume().listdir(folder))

    def remove(self, path: str) -> None:
        """Take a file away."""
        with _told("tidied up"):
            self._volume().remove_file(path)

    def claim(self, name: str, seconds: float) -> bool:
        """Take a name for oneself: the Dict lets only one write where nothing is.

        Where the one before has lapsed, the next number is what only one gets.
        """
        with _told("claimed"):
            claims = modal.Dict.from_name(CLAIMS, create_if_missing=True)
            for number in range(MOST):
                key = f"{self.volume}:{name}:{number}"
                began = self.now()
                if claims.put(key, began, skip_if_exists=True):
                    self.taken[name] = key, began + seconds
                    return True
                since = claims.get(key)
                if not isinstance(since, float) or self.now() - since < seconds:
                    return False
        return False

    def give_back(self, name: str) -> None:
        """Give a name back that was claimed.

        One that has lapsed meanwhile stays: without it the next would get its number beside the
        one that has taken over.
        """
        key, until = self.taken.pop(name)
        if self.now() < until:
            with _told("given back"):
                modal.Dict.from_name(CLAIMS).pop(key, None)

    def _volume(self) -> modal.Volume:
        return modal.Volume.from_name(self.volume)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say of a refusal or a lost connection what it was about."""
    try:
        yield
    except Exception as error:
        message = f"the cache volume could not be {what}: {type(error).__name__}: {error}"
        raise Failure(message) from error
