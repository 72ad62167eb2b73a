"""What the hub states of a commit: its files, with the size and the hash of each.

The hub lists a commit at ``/api/models/{repo}/revision/{commit}?blobs=true``. A large file has a
SHA-256 there (``lfs.sha256``; files in Xet storage have it too), a small one the name of its git
blob, which is a SHA-1 over a short header and its bytes (huggingface_hub 2.4.0 ``hf_api.py``,
``ModelInfo`` and ``RepoSibling``; git's own book, "Git Internals - Git Objects").
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from deployer.codec import decode_json, encode
from deployer.errors import Failure
from deployer.files import is_inside
from deployer.late import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash
    from pathlib import Path

SHA256 = "sha256"
GIT_SHA1 = "git-sha1"
FORMAT_VERSION = 1
"""Of the manifests' JSON form."""

OWN_FOLDER = ".deployer"
"""The folder inside the weights' folder in which this package keeps its notes."""

_DIGEST = {SHA256: compile_pattern(r"[0-9a-f]{64}"), GIT_SHA1: compile_pattern(r"[0-9a-f]{40}")}
READ = 4 * 1024 * 1024
"""Bytes that are read together to be hashed."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a commit: its path in the repository, its size in bytes, and its hash.

    ``algorithm`` is ``sha256`` or ``git-sha1``; ``digest`` is in hexadecimal.
    """

    path: str
    size: int
    algorithm: str
    digest: str

    def hasher(self) -> _Hash:
        """Begin the hash of the file; its bytes go in from the first to the last."""
        if self.algorithm == SHA256:
            return hashlib.sha256()
        # Not a choice of ours: git names a blob by this, and the hub states nothing else.
        return hashlib.sha1(f"blob {self.size}\0".encode(), usedforsecurity=False)

    def is_at(self, path: Path, check: Callable[[], None] = lambda: None) -> bool:
        """Read a file to its end and say if it is this one. Raises ``OSError``.

        ``check`` is called for every few MB, and may raise to end it.
        """
        hasher = self.hasher()
        with path.open("rb", buffering=0) as file:
            while piece := file.read(READ):
                check()
                hasher.update(piece)
        return hasher.hexdigest() == self.digest


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of one commit of one repository, in the order of their paths."""

    repo: str
    commit: str
    files: tuple[HubFile, ...]

    def size(self) -> int:
        """Give the bytes of all files together."""
        return sum(file.size for file in self.files)

    def digest(self) -> str:
        """Give the SHA-256 of repository, commit and files: equal manifests, equal digests."""
        text = json.dumps(encode(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Manifests:
    """The manifests that a lock holds of a release, as they travel into a container."""

    manifests: tuple[Manifest, ...]
    format_version: int = FORMAT_VERSION

    def of(self, repo: str, commit: str) -> Manifest | None:
        """Find that of a repository at a commit."""
        found = (one for one in self.manifests if (one.repo, one.commit) == (repo, commit))
        return next(found, None)

    def to_json(self) -> str:
        """Write the text."""
        return json.dumps(encode(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifests:
        """Read the text; raises ``ValueError`` for anything else."""
        found = decode_json(cls, text, FORMAT_VERSION)
        for file in (file for one in found.manifests for file in one.files):
            _refuse_odd(file)
        return found


def read_listing(repo: str, commit: str, listing: object) -> Manifest:
    """Read the hub's answer; :class:`Failure` where it is not one, or is of another commit."""
    try:
        files = sorted(map(_read_file, _object(listing)["siblings"]), key=lambda file: file.path)
        found = _object(listing)["sha"]
    except (KeyError, TypeError, ValueError) as error:
        message = f"the hub's list of the files of {repo} cannot be read: {error!r}"
        raise Failure(message, hint="is HF_ENDPOINT the address of a hub?") from None
    if found != commit:
        message = f"the hub lists commit {found} of {repo} where {commit} was asked for"
        raise Failure(message)
    return Manifest(repo, commit, tuple(files))


def _read_file(sibling: object) -> HubFile:
    entry = _object(sibling)
    path, size, lfs = entry["rfilename"], entry["size"], entry.get("lfs")
    algorithm, digest = (SHA256, _object(lfs)["sha256"]) if lfs else (GIT_SHA1, entry["blobId"])
    found = HubFile(path, size, algorithm, digest)
    _refuse_odd(found)
    return found


def _refuse_odd(file: HubFile) -> None:
    """Raise ``ValueError`` for a file that leads elsewhere, or is not described."""
    if not _is_ours(file.path) or type(file.size) is not int or file.size < 0:
        message = f"a file called {file.path!r} of {file.size!r} bytes"
        raise ValueError(message)
    if _DIGEST[file.algorithm].fullmatch(file.digest) is None:
        message = f"no hash of {file.path}"
        raise ValueError(message)


def _is_ours(path: object) -> bool:
    """Say if a path stays within the folder, and out of our own notes."""
    return isinstance(path, str) and is_inside(path) and PurePosixPath(path).parts[0] != OWN_FOLDER


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        message = f"an object was expected, not {type(value).__name__}"
        raise TypeError(message)
    return value
