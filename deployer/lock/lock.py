"""A lock: what the hub and the registry said of a release's names, as one value and its text.

The text is made for `git diff`: a file of a repository is one line, nothing says when it was
written, and the same answers give the same bytes. Whoever can propose a change can write one, so
reading it believes nothing: sizes, depths, paths and digests have their bounds and forms.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from deployer.codec import DecodeError, read_json
from deployer.facts.models.checkpoint import Checkpoint, Document, RepoFile, from_files
from deployer.files import is_inside
from deployer.late import compile_pattern
from deployer.release import COMMIT, ModelSource

FORMAT_VERSION = 1

LARGEST = 8_000_000
"""Bytes of a lock's text. One of 163 shards and a long configuration has about 60,000."""

MOST_FILES = 20_000
"""Files of a repository; the hub advises against more than 100,000, weights have hundreds."""

Role = Literal["model", "draft", "adapter"]
"""What a repository is to a release."""

ROLES: Mapping[str, Role] = {role: role for role in get_args(Role)}
"""The roles by their names."""

_DIGEST = compile_pattern("sha256:[0-9a-f]{64}")
_FILE = compile_pattern(
    "([0-9]{1,18}) (sha256):([0-9a-f]{64})|([0-9]{1,18}) (git-sha1):([0-9a-f]{40})"
)
_PRINTABLE = compile_pattern(r"[!-~]{1,400}")


class LockError(ValueError):
    """A text is no lock; the message says why not."""


@dataclass(frozen=True, slots=True)
class LockedRepository:
    """A repository at the commit that its revision meant, as the hub described it.

    ``files`` are all of the commit, in the order of their paths. ``documents`` are its small JSON
    files by name, the index without its list of tensors. ``called`` is what the hub calls the
    repository now where that is another name than ``repo``, else empty.
    """

    role: Role
    repo: str
    revision: str
    commit: str
    files: tuple[RepoFile, ...]
    documents: Mapping[str, Document] = field(default_factory=dict)
    called: str = ""

    @property
    def key(self) -> tuple[Role, str, str]:
        """What it is, and what was asked about."""
        return self.role, self.repo, self.revision

    @property
    def bytes(self) -> int:
        """The bytes of all its files."""
        return sum(file.size for file in self.files)

    def checkpoint(self, source: str) -> Checkpoint:
        """Give what is known of it; ``source`` says where that was read."""
        return from_files(self.repo, self.commit, self.documents, self.files, source=source)


@dataclass(frozen=True, slots=True)
class LockedImage:
    """The image that a reference meant: ``digest`` is that of its manifest, or list of them."""

    reference: str
    digest: str


@dataclass(frozen=True, slots=True)
class Lock:
    """What every name of a release meant; ``image`` is None where it has none."""

    repositories: tuple[LockedRepository, ...]
    image: LockedImage | None = None

    def of(self, role: Role, repo: str = "", revision: str = "") -> LockedRepository | None:
        """Find a repository by its role, and by its name and revision where they matter."""
        found = (one for one in self.repositories if one.role == role and repo in {"", one.repo})
        return next((one for one in found if revision in {"", one.revision}), None)

    def commit_of(self, source: ModelSource) -> str:
        """Give the commit that the revision of a repository meant; '' where that is not held."""
        names = (source.repo, source.revision)
        found = (one for one in self.repositories if (one.repo, one.revision) == names)
        return next((one.commit for one in found), "")

    def to_json(self) -> str:
        """Write the text."""
        value = {
            "format_version": FORMAT_VERSION,
            "image": _image_value(self.image),
            "repositories": [_repository_value(one) for one in self.repositories],
        }
        return json.dumps(value, indent=1, ensure_ascii=True) + "\n"


@dataclass(frozen=True, slots=True)
class FoundLock:
    """The lock that belongs to a profile: ``lock`` is None where there is none, or no readable one.

    ``file`` is where it is or was looked for, and ``why_not`` says why what is there cannot be
    read. ``source`` says in a word where its facts are from. One that is not ``whole`` was made
    just now of what the hub says, without an image.
    """

    file: str
    lock: Lock | None = None
    why_not: str = ""
    source: str = "the lock"
    whole: bool = True


def from_json(text: str) -> Lock:
    """Read the text of a lock. Raises :class:`LockError` for anything else."""
    if len(text) > LARGEST:
        msg = f"it is larger than {LARGEST:,} bytes"
        raise LockError(msg)
    try:
        value = _object(read_json(text, constants=True), "the file")
    except DecodeError as error:
        raise LockError(str(error)) from None
    if (version := value.get("format_version")) != FORMAT_VERSION:
        msg = f"its format is {version!r:.20}, and this deployer reads {FORMAT_VERSION}"
        raise LockError(msg)
    _keys(value, {"format_version", "image", "repositories"}, "the file")
    repositories = tuple(map(_repository, _list(value.get("repositories"), "repositories")))
    _refuse_twice(repositories)
    image = value.get("image")
    return Lock(repositories, None if image is None else _image(image))


def _image_value(image: LockedImage | None) -> object:
    return image and {"reference": image.reference, "digest": image.digest}


def _repository_value(one: LockedRepository) -> dict[str, object]:
    return {
        "role": one.role,
        "repo": one.repo,
        "revision": one.revision,
        "commit": one.commit,
        **({"called": one.called} if one.called else {}),
        "bytes": one.bytes,
        "files": {file.path: _file_text(file) for file in one.files},
        "documents": dict(one.documents),
    }


def _file_text(file: RepoFile) -> str:
    return f"{file.size} {file.algorithm}:{file.digest}"


def _image(value: object) -> LockedImage:
    found = _object(value, "image")
    _keys(found, {"reference", "digest"}, "image")
    digest = _text(found, "digest", "image")
    if _DIGEST.fullmatch(digest) is None:
        msg = "the digest of the image is no SHA-256"
        raise LockError(msg)
    return LockedImage(_text(found, "reference", "image"), digest)


def _repository(value: object) -> LockedRepository:
    found = _object(value, "a repository")
    _keys(
        found,
        {"role", "repo", "revision", "commit", "called", "bytes", "files", "documents"},
        "a repository",
    )
    role, commit = ROLES.get(str(found.get("role"))), _text(found, "commit", "a repository")
    if role is None:
        msg = f"a repository has the role {found.get('role')!r:.40}"
        raise LockError(msg)
    if COMMIT.fullmatch(commit) is None:
        msg = f"{commit:.60} is no commit"
        raise LockError(msg)
    files = _files(_object(found.get("files"), "files"))
    if found.get("bytes") != sum(file.size for file in files):
        msg = "the bytes of a repository are not those of its files"
        raise LockError(msg)
    documents = _object(found.get("documents"), "documents")
    return LockedRepository(
        role=role,
        repo=_text(found, "repo", "a repository"),
        revision=_text(found, "revision", "a repository"),
        commit=commit,
        files=files,
        documents={name: _object(one, f"{name:.80}") for name, one in documents.items()},
        called=_text(found, "called", "a repository") if "called" in found else "",
    )


def _refuse_twice(repositories: tuple[LockedRepository, ...]) -> None:
    seen: set[tuple[Role, str, str]] = set()
    for one in repositories:
        if one.key in seen:
            msg = f"it holds {one.repo:.200} as {one.role} twice"
            raise LockError(msg)
        seen.add(one.key)


def _files(value: Mapping[str, object]) -> tuple[RepoFile, ...]:
    if len(value) > MOST_FILES:
        msg = f"a repository of more than {MOST_FILES:,} files"
        raise LockError(msg)
    return tuple(_file(path, value[path]) for path in sorted(value))


def _file(path: str, value: object) -> RepoFile:
    match = _FILE.fullmatch(value) if isinstance(value, str) else None
    if match is None or not is_inside(path):
        msg = f"a file called {path!r:.80} is {value!r:.80}"
        raise LockError(msg)
    size, algorithm, digest = filter(None, match.groups())
    return RepoFile(path, int(size), algorithm, digest)


def _text(value: Mapping[str, object], key: str, where: str) -> str:
    found = value.get(key)
    if not isinstance(found, str) or _PRINTABLE.fullmatch(found) is None:
        msg = f"the {key} of {where} is {found!r:.80}"
        raise LockError(msg)
    return found


def _keys(value: Mapping[str, object], known: set[str], where: str) -> None:
    if unknown := sorted(set(value) - known):
        msg = f"{where} has an unknown key {unknown[0]!r:.80}"
        raise LockError(msg)


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        msg = f"{where} is no object"
        raise LockError(msg)
    return value


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        msg = f"{where} is no list"
        raise LockError(msg)
    return value
