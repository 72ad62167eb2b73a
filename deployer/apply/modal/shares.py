"""The shares of a download that several containers fetch together, and how far all of them are."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.modal.markers import volume_folder
from deployer.serve.weights.needed import is_shard, needed
from deployer.serve.weights.progress import Progress
from deployer.serve.weights.share import SMALL_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deployer.apply.modal.client import Account
    from deployer.event import Event
    from deployer.release import ModalParameters, Release
    from deployer.serve.weights.arrived import Arrived
    from deployer.serve.weights.manifest import HubFile, Manifests


@dataclass(frozen=True, slots=True)
class Share:
    """What one call fetches: a shard of the so many-th source of a release, or its small files.

    ``size`` is in bytes, ``there`` what of it lies on the volume already.
    """

    source: int
    folder: str
    path: str
    size: int
    there: int = 0


def shares_of(
    account: Account, release: Release, parameters: ModalParameters, listed: Manifests
) -> tuple[Share, ...]:
    """Divide what a release downloads; none where a repository is not listed."""
    found: list[Share] = []
    for number, source in enumerate(release.sources()):
        manifest = listed.of(source.repo, source.commit)
        if manifest is None:
            return ()
        weights = parameters.weights
        sizes = account.sizes(weights.volume, volume_folder(source, weights))
        files = needed(manifest.files)
        small = [file for file in files if not is_shard(file.path)]
        shards = [file for file in files if is_shard(file.path)]
        found.append(_share(number, source.path, SMALL_FILES, small, sizes))
        found += [_share(number, source.path, one.path, [one], sizes) for one in shards]
    return tuple(found)


def _share(
    number: int, folder: str, path: str, files: Sequence[HubFile], sizes: dict[str, int]
) -> Share:
    there = sum(file.size for file in files if sizes.get(file.path) == file.size)
    return Share(number, folder, path, sum(file.size for file in files), there)


class Together:
    """How far all containers are, as one line: ``tell`` hears it, at most once in two seconds."""

    def __init__(
        self,
        shares: tuple[Share, ...],
        tell: Callable[[Event], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._progress = Progress(tell, clock)
        self._there = {(share.folder, share.path): share.there for share in shares}
        self._proven: set[tuple[str, str]] = set()
        size = sum(share.size for share in shares)
        self._progress.plan(len(shares), size, sum(self._there.values()))

    @property
    def complete(self) -> bool:
        """Whether a container has said of each share that it is there and proven."""
        return self._proven >= set(self._there)

    def hear(self, said: Arrived) -> None:
        """Take what a container tells of a share; of others nothing is known here."""
        key = (said.folder, said.path)
        if key not in self._there:
            return
        more = said.bytes - self._there[key]
        self._there[key] = said.bytes
        if more >= 0:
            self._progress.fetched(said.path, more)
        else:  # another container began it anew
            self._progress.lost(-more)
        if said.trouble:
            self._progress.trouble(said.path, said.trouble)
        if said.proven and key not in self._proven:
            self._proven.add(key)
            self._progress.ready()

    def tick(self) -> None:
        """Tell how far it is, unless that has just been told."""
        self._progress.tick()
