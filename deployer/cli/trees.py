"""Where profiles are looked for: a repository's files, a commit's, or those below a folder.

Only regular files that end as YAML does are listed: links are not followed. What git ignores is not
looked at, and without git nothing hidden, nor environments, packages and repositories of others.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from deployer.cli import git
from deployer.cli.patterns import ENDINGS
from deployer.cli.reading import LARGEST, read_text
from deployer.errors import DeployerError, Failure, UsageError
from deployer.profile.likeness import Likeness, likeness

MOST_ENTRIES = 50_000
"""Files and folders that are looked at below a folder that is no repository."""

SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "venv"})
"""Folders of others' files that no repository would list."""


class Tree(Protocol):
    """A set of files; paths in it are relative to its root, and have `/` between their parts."""

    def where(self) -> str:
        """Name it for a message."""

    def files(self) -> tuple[str, ...]:
        """Give its YAML files."""

    def telling(self) -> tuple[str, ...]:
        """Give those that have a line that a profile would have."""

    def links(self) -> tuple[str, ...]:
        """Give the links that are named as YAML files are."""

    def has(self, path: str) -> bool:
        """Whether a file is there."""

    def text(self, path: str, largest: int = LARGEST) -> str:
        """Read one of at most so many bytes; raises DeployerError where it cannot be read."""


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """What git lists of a repository as it lies there, with what is not committed."""

    repo: git.Repository
    _paths: list[tuple[str, ...]] = field(default_factory=list, compare=False)
    _telling: list[tuple[str, ...]] = field(default_factory=list, compare=False)

    def where(self) -> str:
        """Name the repository's folder."""
        return f"the repository {self.repo.root}"

    def files(self) -> tuple[str, ...]:
        """Give regular files that git knows or does not ignore."""
        return tuple(path for path in self._listed() if _regular(self.repo.root / path))

    def telling(self) -> tuple[str, ...]:
        """Ask git for them, once; with those that git cannot tell of."""
        if not self._telling:
            unread = (path for path in self._listed() if _untold(self.repo.root / path))
            found = sorted({*git.grep(self.repo), *unread})
            self._telling.append(tuple(p for p in found if _regular(self.repo.root / p)))
        return self._telling[0]

    def links(self) -> tuple[str, ...]:
        """Give those that git lists."""
        return tuple(path for path in self._listed() if (self.repo.root / path).is_symlink())

    def _listed(self) -> tuple[str, ...]:
        """Ask git once."""
        if not self._paths:
            self._paths.append(git.listed(self.repo))
        return self._paths[0]

    def has(self, path: str) -> bool:
        """Whether it lies there, listed or not; a link is followed where it is read."""
        return _may_be_read(self.repo.root / path)

    def text(self, path: str, largest: int = LARGEST) -> str:
        """Read a file."""
        return read_text(str(self.repo.root / path), largest=largest)


@dataclass(frozen=True, slots=True)
class Commit:
    """The files of a commit."""

    repo: git.Repository
    commit: str
    _blobs: dict[str, str] = field(default_factory=dict, compare=False)
    _telling: list[tuple[str, ...]] = field(default_factory=list, compare=False)
    _texts: dict[tuple[str, int], str] = field(default_factory=dict, compare=False)

    def where(self) -> str:
        """Name the commit."""
        return f"commit {self.commit[:12]}"

    def files(self) -> tuple[str, ...]:
        """Give its regular files."""
        return tuple(path for path in self._held() if path.endswith(ENDINGS))

    def telling(self) -> tuple[str, ...]:
        """Ask git for them, once."""
        if not self._telling:
            there = set(self.files())
            found = (path for path in git.grep(self.repo, self.commit) if path in there)
            self._telling.append(tuple(found))
        return self._telling[0]

    def links(self) -> tuple[str, ...]:
        """Give none: a commit holds where a link leads, and not what is there."""
        return ()

    def has(self, path: str) -> bool:
        """Whether the commit has it."""
        return path in self._held()

    def text(self, path: str, largest: int = LARGEST) -> str:
        """Read a file, once: a commit does not change."""
        asked = (self._held()[path], largest)
        if asked not in self._texts:
            found = git.text(self.repo, asked[0], largest + 1)
            if len(found.encode("utf-8", "surrogateescape")) > largest:
                message = f"{path} in {self.where()} is larger than {largest:,} bytes"
                raise UsageError(message)
            self._texts[asked] = found
        return self._texts[asked]

    def _held(self) -> dict[str, str]:
        """Ask git once."""
        if not self._blobs:
            self._blobs.update(git.blobs(self.repo, self.commit))
        return self._blobs


@dataclass(frozen=True, slots=True)
class Folder:
    """The files below a folder that is in no repository; ``deep`` is false for it alone."""

    root: Path
    deep: bool = True

    def where(self) -> str:
        """Name the folder."""
        return f"the folder {self.root}"

    def files(self) -> tuple[str, ...]:
        """Walk it; raises Failure where more than :data:`MOST_ENTRIES` lie below it."""
        found: list[str] = []
        left = MOST_ENTRIES
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            entries = _entries(self.root / folder)
            left -= len(entries)
            if left < 0:
                message = (
                    f"not all of {self.root} was looked at: more than {MOST_ENTRIES:,} entries"
                )
                raise Failure(message, hint=git.NAME_THEM)
            for entry in entries:
                path = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    if self.deep and not _strange(entry):
                        waiting.append(f"{path}/")
                elif entry.name.endswith(ENDINGS) and entry.is_file(follow_symlinks=False):
                    found.append(path)
        return tuple(sorted(found))

    def telling(self) -> tuple[str, ...]:
        """Give all: each is read to find out."""
        return self.files()

    def links(self) -> tuple[str, ...]:
        """Give those that lie directly in it."""
        return tuple(
            entry.name
            for entry in _entries(self.root)
            if entry.name.endswith(ENDINGS) and entry.is_symlink()
        )

    def has(self, path: str) -> bool:
        """Whether it lies there."""
        return _may_be_read(self.root / path)

    def text(self, path: str, largest: int = LARGEST) -> str:
        """Read a file."""
        return read_text(str(self.root / path), largest=largest)


def tree_at(folder: Path) -> WorkingTree | Folder:
    """Give the repository that a folder is in, or the folder alone."""
    repo = git.found(folder)
    return Folder(folder.absolute()) if repo is None else WorkingTree(repo)


def alike(tree: Tree) -> dict[str, Likeness | None]:
    """Say of each file that could be a profile how much it looks like one.

    None is said of one that cannot be read.
    """
    found: dict[str, Likeness | None] = {}
    for path in tree.telling():
        try:
            found[path] = likeness(tree.text(path))
        except DeployerError:
            found[path] = None
    return found


def bases(
    tree: Tree, seen: Mapping[str, Likeness | None] | None = None
) -> dict[str, tuple[str, ...]]:
    """Give the files that are no profiles by themselves, each with the profiles that extend it.

    ``seen`` is what :func:`alike` found, where that was asked already.
    """
    found: dict[str, tuple[str, ...]] = {}
    seen = alike(tree) if seen is None else seen
    for path, like in seen.items():
        if like is None or not like.extends or not like.profile:
            continue
        base = posixpath.normpath(posixpath.join(posixpath.dirname(path), like.extends))
        lower = seen.get(base) or _likeness(tree, base)
        if lower is not None and lower.nameless and base != path:
            found[base] = (*found.get(base, ()), path)
    return found


def _likeness(tree: Tree, path: str) -> Likeness | None:
    try:
        return likeness(tree.text(path)) if tree.has(path) else None
    except DeployerError:
        return None


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """List a folder; raises Failure for one that cannot be read: it may hold anything."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:  # gone since it was listed
        return []
    except OSError as error:
        message = f"cannot list {folder}: {error.strerror}"
        raise Failure(message, hint=git.NAME_THEM) from error


def _strange(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or entry.name in SKIPPED:
        return True
    return any(os.path.lexists(Path(entry.path) / name) for name in (".git", "pyvenv.cfg"))


def _may_be_read(path: Path) -> bool:
    """Whether there is a file to read; what cannot be looked at is one, for reading says why not.

    A name that no file can have is none.
    """
    try:
        return not stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return path.is_symlink()
    except ValueError:
        return False
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG


def _untold(path: Path) -> bool:
    """Whether git cannot tell what is in a file: it may not be read, or is UTF-16."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(2) in {BOM_UTF16_LE, BOM_UTF16_BE}
    except OSError:
        return True


def _regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
