"""Releases that were deployed, by digest: a copy on this machine, and one on a Modal volume.

Neither decides what is deployed; the app's own history does, which holds the digest. A release is
read from wherever it lies and taken only if its digest is the one that was asked for, so a copy
can be missing but never wrong.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.apply.files import make_folder, refuse_foreign, state_home, unread, write_whole
from deployer.apply.modal.tags import short_digest
from deployer.codec import DecodeError, decode_json, encode, read_json
from deployer.diagnose.boot import Boot
from deployer.errors import Failure
from deployer.late import compile_pattern
from deployer.plan.standing import DIGEST_LENGTH
from deployer.release import Release

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from deployer.apply.modal.client import Account

VOLUME = "deployer-releases"
"""The volume of each Modal environment that keeps the releases that were deployed there."""

FORMAT_VERSION = 1

LATEST = 1e11
"""Seconds since the epoch that no clock shows: they are in the year 5138."""

SKEW = 300.0
"""Seconds by which this machine's clock may be behind Modal's.

Where it is more, what is on record here is not believed, and the app's own tags tell.
"""

BOOTS = 50
"""Starts that are kept of an app."""

_NAME = compile_pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DIGEST = compile_pattern(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Record:
    """What was deployed from this machine last: enough for a plan without a network.

    ``when`` is in seconds since the epoch, ``version`` the app's. ``verified`` tells whether every
    promise was seen to hold at ``verified_at`` (0 where nobody tried). ``file`` is the mark of the
    profile's file (:mod:`deployer.plan.file`). ``memory`` is what the engine said of its memory at
    its start, and how that stood beside what was reckoned.
    """

    name: str
    app: str
    environment: str
    endpoint: str
    digest: str
    version: int
    when: float
    url: str
    verified: bool = False
    verified_at: float = 0.0
    file: str = ""
    memory: str = ""
    format_version: int = FORMAT_VERSION

    def is_of(self, digest: str, version: int, since: float) -> bool:
        """Tell whether it is of this very version, and of no other of the same release.

        ``since`` is when that was deployed, in seconds since the epoch. What was verified before is
        of another app of that name: one that was ended, or another workspace's, counts anew.
        """
        early = 0.0 < self.verified_at < since - SKEW
        return (self.digest, self.version) == (digest, version) and not early


class Records:
    """The records and releases on this machine, below the XDG state directory."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._root = state_home(environ) / "modal"
        refuse_foreign(self._root)

    def keep_release(self, release: Release) -> Path:
        """Write a release to the file that is named by its digest; gives the file."""
        path = self._root / "releases" / f"{short_digest(release)}.json"
        make_folder(path.parent)
        if self.release(path.stem) is None:  # not there, or damaged
            write_whole(path, release.to_json())
        return path

    def keep_copy(self, text: str, digest: str) -> None:
        """Keep the text of a release as it was read elsewhere: a copy that is lost is read again.

        So nobody waits for the disk, which takes longer than all else for many of them.
        """
        path = self._root / "releases" / f"{digest}.json"
        make_folder(path.parent)
        write_whole(path, text, lasting=False)

    def keep_manifests(self, text: str) -> Path:
        """Write what a lock lists to the file that is named by its digest; gives the file."""
        digest = hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
        path = self._root / "manifests" / f"{digest}.json"
        make_folder(path.parent)
        write_whole(path, text)
        return path

    def release(self, digest: str) -> Release | None:
        """Read the release of a digest; None where it is not here."""
        if _DIGEST.fullmatch(digest) is None:
            return None
        with suppress(OSError, UnicodeDecodeError):
            text = (self._root / "releases" / f"{digest}.json").read_text(encoding="utf-8")
            return checked(text, digest)
        return None

    def keep(self, record: Record) -> None:
        """Write what was deployed."""
        path = self._path(record.app, record.environment)
        make_folder(path.parent)
        write_whole(path, json.dumps(encode(record), indent=2) + "\n")

    def record(self, app: str, environment: str) -> Record | None:
        """Read what was deployed last as an app from this machine; None where nothing was."""
        return _read(self._path(app, environment))

    def all(self) -> tuple[Record, ...]:
        """Read every record that can be read, by the profile's name.

        Raises Failure where nobody may look which there are.
        """
        found = (one for one in self._each() if isinstance(one, Record))
        return tuple(sorted(found, key=lambda r: r.name))

    def damaged(self) -> tuple[Failure, ...]:
        """Say of each record that cannot be read why; nobody knows of what it is."""
        return tuple(one for one in self._each() if isinstance(one, Failure))

    def _each(self) -> Iterator[Record | Failure | None]:
        for folder in _listed(self._root / "apps"):
            for path in _listed(folder) if folder.is_dir() else ():
                if path.suffix == ".json":
                    try:
                        yield _read(path)
                    except Failure as failure:
                        yield failure

    def boots(self, app: str, environment: str) -> tuple[Boot, ...]:
        """Read the starts that were told to this machine, oldest first."""
        try:
            text = self._boots(app, environment).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ()
        found = []
        for line in text.splitlines():
            with suppress(ValueError):  # another version of deployer wrote it, or half of it
                found.append(Boot.from_json(line))
        return tuple(found)

    def keep_boots(self, app: str, environment: str, boots: Sequence[Boot]) -> None:
        """Write the starts, each once; of many the newest :data:`BOOTS`."""
        path = self._boots(app, environment)
        make_folder(path.parent)
        lines = dict.fromkeys(boot.to_json() for boot in boots)
        write_whole(path, "".join(f"{line}\n" for line in list(lines)[-BOOTS:]))

    def _boots(self, app: str, environment: str) -> Path:
        return self._path(app, environment).with_suffix(".boots")

    def forget(self, app: str, environment: str) -> None:
        """Remove a record; the releases stay."""
        self._path(app, environment).unlink(missing_ok=True)
        self._boots(app, environment).unlink(missing_ok=True)

    def _path(self, app: str, environment: str) -> Path:
        """Give the file of a record; raises Failure for names that would lead elsewhere."""
        for name in (app, *([environment] if environment else [])):
            if _NAME.fullmatch(name) is None:
                message = f"`{name:.80}` is no name of an app or an environment"
                hint = "a name has letters, digits, `.`, `_` and `-` only, and begins with one"
                raise Failure(message, hint=hint)
        return self._root / "apps" / (environment or "-") / f"{app}.json"


def publish(account: Account, release: Release) -> None:
    """Write a release to the volume, for whoever plans from another machine."""
    account.write(VOLUME, _stored(release, short_digest(release)), release.to_json().encode())


def find(account: Account | None, records: Records, app: str, digest: str) -> Release | None:
    """Find a deployed release by its digest: here, then on the volume; what is found is kept."""
    if account is None:
        return records.release(digest)
    return find_each(account, records, [(app, digest)]).get(digest)


def find_each(
    account: Account, records: Records, wanted: Iterable[tuple[str, str]]
) -> dict[str, Release]:
    """Find many deployed releases at a time, each once; ``wanted`` are apps and digests."""
    of = {digest: app for app, digest in wanted if digest}
    found = {each: release for each in of if (release := records.release(each))}
    missing = [each for each in of if each not in found]
    if not missing:
        return found
    paths = [f"{of[each]}/{each}.json" for each in missing]
    for digest, data in zip(missing, account.read_each(VOLUME, paths), strict=True):
        text = data.decode(errors="replace") if data else ""
        release = checked(text, digest)
        if release is not None:
            records.keep_copy(text, digest)
            found[digest] = release
    return found


def checked(text: str, digest: str) -> Release | None:
    """Read a release, and take it only if it has the digest."""
    with suppress(DecodeError):
        release = Release.from_json(text)
        if short_digest(release) == digest:
            return release
    return None


def _stored(release: Release, digest: str) -> str:
    app = release.modal.app if release.modal else release.name
    return f"{app}/{digest}.json"


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unread(error, folder) from error


def _read(path: Path) -> Record | None:
    """Read a record; None where there is none. Raises Failure for one that cannot be read."""
    try:
        value = read_json(path.read_text(encoding="utf-8"))
        if isinstance(value, dict):
            value.pop("owed", None)  # what is owed stands on Modal; older records repeat it
        record = decode_json(Record, json.dumps(value), FORMAT_VERSION)
        _refuse_misplaced(record, path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unread(error, path) from error
    except ValueError as error:
        message = f"what is on record of a deployment cannot be read: {path}: {error}"
        hint = "move that file away: Modal still knows what is deployed, and the next apply asks it"
        raise Failure(message, hint=hint) from error
    return record


def _refuse_misplaced(record: Record, path: Path) -> None:
    """Raise ValueError where a file says that it is of another app than the one that it is for.

    Whoever asks by a profile would look at that other app, or end it.
    """
    if (record.app, record.environment or "-") != (path.stem, path.parent.name):
        where = f"`{record.app:.80}` in {record.environment or 'the default environment'}"
        message = f"it says that it is of the app {where}, and lies where another one's does"
        raise ValueError(message)
    if not all(0 <= when < LATEST for when in (record.when, record.verified_at)):
        message = "its moments are none"
        raise ValueError(message)
