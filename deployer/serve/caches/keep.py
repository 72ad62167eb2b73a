"""Reading the caches before an engine starts, and keeping what it has compiled once it serves.

Nothing in here may hurt serving: whatever goes wrong is told and passed over.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from deployer.codec import DecodeError
from deployer.errors import Failure
from deployer.event import Event
from deployer.facts.sglang.caches import CACHES, DEEPGEMM, JitCache
from deployer.release import Release, Variable
from deployer.serve.caches.bundle import Listing, listing, pack, unpack
from deployer.serve.caches.key import cache_key
from deployer.serve.caches.marker import (
    CacheMarker,
    Kept,
    file_name,
    folder_of,
    marker_path,
)
from deployer.serve.caches.shelf import Shelf
from deployer.serve.kernels.entries import FOLDER as KERNELS
from deployer.serve.kernels.entries import complete_entries
from deployer.serve.redact import Redactor
from deployer.serve.timeline import Timeline

PHASE = "caches"

PAUSE = 2.0
"""Seconds between two looks whether something is still being compiled."""

LOOKS = 60
"""Looks after which what is still being written to is left to a later start."""

LAPSE = 3600.0
"""Seconds after which a writer that said nothing more is taken for gone: those of two machines are
compared, whose clocks differ by far less."""


@dataclass(slots=True)
class _Place:
    """A cache in this container: its folder, what the image had in it, and what is kept of it."""

    cache: JitCache
    folder: Path
    given: frozenset[str] = frozenset()
    known: Listing = field(default_factory=dict)

    def now(self) -> Listing:
        """Give what is in it that no image gave."""
        found = listing(self.folder, self.cache.data)
        whole: set[str] | None = None
        if self.cache is DEEPGEMM:  # half a kernel is worse than none
            whole = {each.name for each in complete_entries(self.folder)}
        return {
            path: told
            for path, told in found.items()
            if path not in self.given and (whole is None or _kernel(path) in whole)
        }


class Caches:
    """The caches of one container: :meth:`restore`, then an engine, then :meth:`keep`.

    ``home`` is that of the engine. A variable that the release or the container states places its
    cache; one that lies in a volume is left alone.
    """

    def __init__(
        self,
        release: Release,
        shelf: Shelf,
        *,
        environ: Mapping[str, str],
        tell: Callable[[Event], None],
        home: Path,
        pause: float = PAUSE,
    ) -> None:
        self._release = release
        self._shelf = shelf
        self._timeline = Timeline(tell, Redactor(()))
        self._key = cache_key(release, environ)
        self._pause = pause
        self._over = threading.Event()
        self._marker: CacheMarker | None = None
        self._base = ""
        stated = {**environ, **{each.name: each.value for each in release.environment}}
        self._places, self._added = _places(release, stated, home)
        self.bytes = 0
        """What :meth:`restore` has read."""

    def restore(self) -> Release:
        """Put what is kept in its places; gives the release with the variables that name them.

        What the image has there already is noted, and never kept.
        """
        self._timeline.start(PHASE, f"reading what earlier starts have compiled ({self._digest})")
        try:
            for place in self._places:
                place.given = frozenset(listing(place.folder, place.cache.data))
            self._timeline.done(self._read())
        except Exception as error:  # noqa: BLE001 - see the module
            self._timeline.fail(f"what is kept cannot be read: {_words(error)}")
        more = tuple(
            Variable(name, value, "modal.kernel_cache") for name, value in self._added.items()
        )
        return replace(self._release, environment=(*self._release.environment, *more))

    def keep(self) -> None:
        """Write what is new to the volume, if nobody else does; tells what became of it."""
        self._timeline.start(PHASE, "looking for what this start has compiled")
        try:
            self._timeline.done(self._write())
        except Exception as error:  # noqa: BLE001 - see the module
            self._timeline.fail(f"what was compiled is not kept: {_words(error)}")

    def close(self) -> None:
        """Let a :meth:`keep` that waits end."""
        self._over.set()

    @property
    def _digest(self) -> str:
        return self._key.digest()

    def _read(self) -> str:
        try:
            text = (self._shelf.root / marker_path(self._key)).read_bytes()
        except FileNotFoundError:
            return "nothing is kept for this release, image and machine yet"
        self._base = hashlib.sha256(text).hexdigest()
        try:
            self._marker = CacheMarker.of(text.decode(errors="replace"), self._key)
        except DecodeError as error:
            return f"the list of what is kept is not to be trusted: {error}"
        kept = {each.name: each for each in self._marker.caches}
        there = [
            self._unpacked(p, kept[p.cache.name]) for p in self._places if p.cache.name in kept
        ]
        return "; ".join(there) or "nothing is kept"

    def _unpacked(self, place: _Place, kept: Kept) -> str:
        try:
            count = unpack(
                self._shelf.root / folder_of(self._key) / kept.file, kept.sha256, place.folder
            )
        except Failure as failure:
            self._timeline.progress(f"warning: {kept.name} is left out: {failure.message}")
            return f"{kept.name} left out"
        self.bytes += kept.size
        place.known = place.now()
        return f"{kept.name} {count} files, {kept.size / 2**20:.1f} MiB"

    def _write(self) -> str:
        now = self._settled()
        grown = {n: files for n, files in now.items() if files.keys() - self._place(n).known.keys()}
        if not grown:
            return "nothing new was compiled"
        claim = f"{self._digest}:{self._base}"
        if not self._shelf.claim(claim, LAPSE):
            return "another container writes what is new"
        try:
            text = self._shelf.read(marker_path(self._key))
            if self._base != (hashlib.sha256(text).hexdigest() if text is not None else ""):
                return "another container has written meanwhile; what is new here is left to it"
            return self._put(grown)
        finally:
            self._shelf.give_back(claim)

    def _put(self, grown: Mapping[str, Listing]) -> str:
        """Write the files of the caches that grew, then the list; then take away what it leaves."""
        there = {} if self._marker is None else {one.name: one for one in self._marker.caches}
        with tempfile.TemporaryDirectory(prefix="deployer-caches-") as made:
            new: dict[str, Kept] = {}
            for name, files in grown.items():
                try:
                    packed = pack(self._place(name).folder, files, Path(made) / name)
                except Failure as failure:
                    self._timeline.progress(f"warning: {name} is not kept: {failure.message}")
                    continue
                bare = Kept(name, "", packed.sha256, packed.size, packed.files)
                new[name] = replace(bare, file=file_name(bare))
            if not new:
                return "nothing could be kept"
            folder = folder_of(self._key)
            self._shelf.put([(Path(made) / n, f"{folder}/{one.file}") for n, one in new.items()])
            marker = CacheMarker(self._key, tuple((there | new).values()), time.time())
            listed = Path(made) / "list"
            listed.write_text(marker.to_json(), encoding="utf-8")
            self._shelf.put([(listed, marker_path(self._key))])
        self._tidy(folder, {one.file for one in marker.caches})
        said = ", ".join(f"{n} {one.files} files" for n, one in new.items())
        size = sum(one.size for one in new.values())
        return f"kept for later starts: {said} ({size / 2**20:.1f} MiB)"

    def _tidy(self, folder: str, listed: set[str]) -> None:
        """Take away what no list names any more; that it stays is no failure."""
        try:
            for name in self._shelf.names(folder):
                if name not in listed:
                    self._shelf.remove(f"{folder}/{name}")
        except Failure as failure:
            self._timeline.progress(f"warning: older files stay: {failure.message}")

    def _settled(self) -> dict[str, Listing]:
        """Wait until nothing is written any more; gives what there is then."""
        before = self._listed()
        for _ in range(LOOKS):
            if self._over.wait(self._pause):
                msg = "the container ends"
                raise Failure(msg)
            now = self._listed()
            if now == before:
                return now
            before = now
        msg = "it is still being compiled"
        raise Failure(msg)

    def _listed(self) -> dict[str, Listing]:
        return {place.cache.name: place.now() for place in self._places}

    def _place(self, name: str) -> _Place:
        return next(each for each in self._places if each.cache.name == name)


def _places(
    release: Release, stated: Mapping[str, str], home: Path
) -> tuple[tuple[_Place, ...], dict[str, str]]:
    """Give the caches with their folders, and the variables that nobody has stated."""
    modal = release.modal
    mounts = [] if modal is None else [one.path for one in (*modal.mounts, *modal.volumes)]
    mounts += [] if modal is None else [one.path for one in modal.buckets]
    places: list[_Place] = []
    added: dict[str, str] = {}
    for cache in CACHES:
        at = stated.get(cache.variable, "")
        if not at:
            at = str(home / cache.default)
            added[cache.variable] = at
        folder = Path(at, cache.inside)
        if folder.is_absolute() and not any(folder.is_relative_to(one) for one in mounts):
            places.append(_Place(cache, folder))
    return tuple(places), added


def _kernel(path: str) -> str:
    """Give the name of the kernel that a file in DeepGEMM's cache is of; '' for any other."""
    parts = path.split("/")
    return parts[1] if parts[0] == KERNELS and len(parts) > 2 else ""  # noqa: PLR2004 - cache/X/file


def _words(error: Exception) -> str:
    return error.message if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
