"""What git knows of the profiles: which commit to compare with, and what the files were there.

Nothing here changes a repository, and nothing of a repository is run: only plumbing that reads.
"""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deployer.errors import Failure, UsageError
from deployer.late import compile_pattern
from deployer.profile.likeness import TELLING

ROOT = ("rev-parse", "--show-toplevel", "--is-inside-work-tree", "--show-prefix")
"""The word in the middle parts two names that may have line ends of their own."""

YAML = ("*.yaml", "*.yml")
"""A pathspec: in every folder."""

# `-a`, because an attribute may call a profile binary, to have it passed over.
GREP = ("-l", "-z", "-a", "-E", "--no-color", "--full-name", "--no-recurse-submodules")

SAFE = (
    "-c", "core.fsmonitor=",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.sshCommand=ssh",
    "-c", "core.askPass=",
    "-c", "core.alternateRefsCommand=true",
    "-c", "credential.helper=",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
    "-c", "safe.bareRepository=explicit",
)  # fmt: skip
"""What keeps git from running a program that a repository's configuration names, and from taking
for a repository a folder that was committed to look like one (git-config(1))."""

PROTOCOLS = "http:https:ssh"
"""How git may fetch what a partial clone lacks (git(1), GIT_ALLOW_PROTOCOL). By the others, a path
and `git://` among them, a program that the configuration names would be run here."""

NAME_THEM = "Name the profiles, or a folder that can be read"

_COMMIT = compile_pattern(r"[0-9a-f]{40,64}")

_CLOSED = compile_pattern(r"could not open directory '((?s:.*?))/': (.+)")

REGULAR = ("100644", "100755")
"""The modes of regular files; links and submodules are no profiles."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository: where it begins, and where below it the command was called."""

    root: Path
    prefix: str

    def inside(self, path: str) -> str:
        """Give a path or pattern of the command line as the repository calls it."""
        if Path(path).is_absolute():
            found = posixpath.relpath(os.path.realpath(path), self.root)
        else:
            found = posixpath.normpath(posixpath.join(self.prefix, path))
        if found == ".." or found.startswith("../"):
            msg = f"{path} is outside of this repository"
            raise UsageError(msg, hint="Compare such files by `deployer diff OLD NEW`")
        return found

    def shown(self, path: str) -> str:
        """Give a path of the repository as the command line would."""
        return posixpath.relpath(path, self.prefix or ".")


@dataclass(frozen=True, slots=True)
class Base:
    """The commit that is compared with; ``note`` says where it is not the common ancestor."""

    commit: str
    note: str = ""


def repository() -> Repository:
    """Find the repository that the command was called in."""
    try:
        ran = _git(Path(), *ROOT)
    except FileNotFoundError as error:
        msg = "`--base` needs git, and there is none here"
        raise UsageError(msg, hint="Compare two files: `deployer diff OLD NEW`") from error
    if ran.returncode:
        msg = "this is no git repository, so there is nothing to compare with"
        msg = msg if _is_none(ran) else f"git cannot read this repository: {_said(ran)}"
        raise UsageError(msg, hint="Compare two files: `deployer diff OLD NEW`")
    return _at(ran)


def found(folder: Path) -> Repository | None:
    """Find the repository that a folder is in; None where there is none, or no git.

    Raises Failure where there is one that git does not read: another user's, or a broken one.
    """
    try:
        ran = _git(folder, *ROOT)
    except FileNotFoundError:
        return None
    if not ran.returncode:
        return _at(ran)
    if _is_none(ran):
        return None
    msg = f"git cannot read this repository: {_said(ran)}"
    raise Failure(msg, hint="`git status` in this folder says more")


def _is_none(ran: subprocess.CompletedProcess[bytes]) -> bool:
    """Whether git found no repository; all other failures are about one that is there."""
    return "not a git repository" in _said(ran)


def _said(ran: subprocess.CompletedProcess[bytes]) -> str:
    return ran.stderr.decode(errors="replace").strip().partition("\n")[0]


def _at(ran: subprocess.CompletedProcess[bytes]) -> Repository:
    root, _, prefix = ran.stdout.decode(errors="surrogateescape").partition("\ntrue\n")
    return Repository(Path(root), prefix.removesuffix("\n"))


def listed(repo: Repository) -> tuple[str, ...]:
    """Give the YAML files of the working tree that git knows or does not ignore.

    Raises Failure for a folder that cannot be read, of which git only warns: it may hold anything.
    """
    words = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *YAML)
    ran = _git(repo.root, *words)
    if ran.returncode:
        raise _unreadable(ran, words)
    if closed := _CLOSED.search(ran.stderr.decode(errors="surrogateescape")):
        message = f"cannot list {repo.root / closed[1]}: {closed[2]}"
        raise Failure(message, hint=NAME_THEM)
    return _paths(ran.stdout)


def left_out(repo: Repository) -> tuple[str, ...]:
    """Give the YAML files that a sparse checkout does not put into the working tree."""
    known = _read(repo, "ls-files", "-z", "-t", "--", *YAML)
    return tuple(path[2:] for path in _paths(known) if path.startswith("S "))


def grep(repo: Repository, commit: str = "") -> tuple[str, ...]:
    """Give those with a line that a profile would have, in the working tree or in a commit.

    Raises Failure where git cannot read them.
    """
    # Git looks at what it tracks, or at what it does not ignore, and a file may be both or one.
    places = ((commit,),) if commit else ((), ("--untracked",))
    found = (path for place in places for path in _grep(repo, place))
    return tuple(sorted({path.removeprefix(f"{commit}:") for path in found}))


def _grep(repo: Repository, place: tuple[str, ...]) -> tuple[str, ...]:
    words = ("grep", *GREP, "-e", TELLING, *place, "--", *YAML)
    ran = _git(repo.root, *words)
    if ran.returncode > 1 or b": unable to read " in ran.stderr:  # of which git only tells
        raise _unreadable(ran, words)
    return _paths(ran.stdout)


def head(repo: Repository, ref: str) -> str:
    """Find the commit of a ref; raises UsageError where there is none."""
    if not ref:
        msg = "the commit to compare with is empty"
        raise UsageError(msg, hint="Give a branch, tag or commit: `deployer diff --base main`")
    commit = _commit(repo, ref)
    if commit is None:
        empty = "" if _commit(repo, "HEAD") else ": nothing is committed yet"
        msg = f"git knows no commit `{ref}` here{empty}"
        raise UsageError(msg, hint=_where(repo, ref))
    return commit


def base(repo: Repository, ref: str, new: str = "HEAD") -> Base:
    """Find the commit where ``new`` left ``ref``: what a pull request against it shows.

    In a shallow clone the common ancestor may be missing; then it is ``ref`` itself, and said so.
    """
    commit = head(repo, ref)
    ancestor = _git(repo.root, "merge-base", commit, new)
    if ancestor.returncode == 0:
        return Base(ancestor.stdout.decode().split()[0])
    why = "this clone is shallow" if _shallow(repo) else "the histories have no common commit"
    return Base(commit, note=f"{why}, so the comparison is with {ref} as it is now")


def blobs(repo: Repository, commit: str) -> dict[str, str]:
    """Give every regular file of a commit, and the object that holds its content."""
    listed = _read(repo, "ls-tree", "-r", "-z", "--full-tree", commit)
    found = {}
    for entry in filter(None, listed.split(b"\0")):
        about, _, path = entry.partition(b"\t")
        mode, kind, name = about.decode().split()[:3]
        if kind == "blob" and mode in REGULAR:
            found[path.decode(errors="surrogateescape")] = name
    return found


def had(repo: Repository, commit: str, path: str) -> bool:
    """Whether a commit of this repository has a file; False where it is none of this repository."""
    if not _COMMIT.fullmatch(commit):
        return False
    return _git(repo.root, "cat-file", "-e", f"{commit}:{path}").returncode == 0


def text(repo: Repository, blob: str, largest: int) -> str:
    """Read an object as text, at most ``largest`` bytes of it."""
    data = _read(repo, "cat-file", "blob", blob)
    return data[:largest].decode("utf-8", errors="surrogateescape")


def _commit(repo: Repository, ref: str) -> str | None:
    if not ref or ref.startswith("-"):
        return None
    words = ("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    found = _git(repo.root, *words)
    if _is_none(found):  # such as by GIT_WORK_TREE: then nothing is known of any commit
        raise _unreadable(found, words)
    named = found.stdout.decode().strip()
    return named if found.returncode == 0 and _COMMIT.fullmatch(named) else None  # `^main` is none


def _where(repo: Repository, ref: str) -> str:
    if not _commit(repo, "HEAD"):
        return "Compare two files, `deployer diff OLD NEW`, or commit first"
    if _commit(repo, f"origin/{ref}"):
        return f"Did you mean origin/{ref}?"
    name = ref.removeprefix("origin/")
    if (back := re.search(r"[~^]", ref)) and _commit(repo, ref[: back.start()]):
        shallow = ", and this clone is shallow: `git fetch --unshallow`" if _shallow(repo) else ""
        return f"`{ref[: back.start()]}` does not go back so far{shallow}"
    if _shallow(repo):
        return f"This clone is shallow: `git fetch --depth=1 origin {name}` brings that commit"
    return f"`git fetch origin {name}` may bring it; `git branch --all` lists what is here"


def _shallow(repo: Repository) -> bool:
    return _git(repo.root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def _read(repo: Repository, *words: str) -> bytes:
    ran = _git(repo.root, *words)
    if ran.returncode:
        raise _unreadable(ran, words)
    return ran.stdout


def _unreadable(ran: subprocess.CompletedProcess[bytes], words: tuple[str, ...]) -> Failure:
    said = ran.stderr.decode(errors="replace").strip()
    hint = f"The command was: git {' '.join(words)}"
    if "promisor remote" in said:
        hint = "This clone is partial: `git fetch --refetch --no-filter` brings what it lacks"
    return Failure(f"git could not read the repository: {said}", hint=hint)


def _paths(output: bytes) -> tuple[str, ...]:
    """Read what git lists with NUL after each; an unmerged file stands there more than once."""
    paths = (path.decode(errors="surrogateescape") for path in output.split(b"\0") if path)
    return tuple(dict.fromkeys(paths))


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run git; no program that a repository's configuration names is run."""
    command = ["git", *SAFE, "--no-optional-locks", "-C", str(folder), *words]
    spoken = {"LC_ALL": "C.UTF-8", "LANGUAGE": "C"}  # its words are read here
    env = {"GIT_ALLOW_PROTOCOL": PROTOCOLS, **os.environ, **spoken, "GIT_TERMINAL_PROMPT": "0"}
    return subprocess.run(command, capture_output=True, check=False, env=env)
