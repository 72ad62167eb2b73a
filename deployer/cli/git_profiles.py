"""Which profiles to compare: those of a commit with those in the working tree."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deployer.cli import git
from deployer.cli.reading import LARGEST, read_text
from deployer.errors import UsageError

DEFAULT = ("profiles/*.yaml", "profiles/*.yml")
"""Where profiles are looked for when none is named."""

ENDINGS = ("*.yaml", "*.yml")
MAGIC = re.compile(r"[*?\[]")
NAME = re.compile(r"^name:\s*['\"]?([\w-]+)", re.MULTILINE)

ALIKE = 0.6
"""The share of equal lines from which a file that is gone and one that is new are one that moved;
git's own is 0.5 of the bytes, and profiles resemble each other more than programs do."""


@dataclass(frozen=True, slots=True)
class Text:
    """A profile's text, and the file that it is or was in."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The two sides of one profile; None for what is new or gone."""

    old: Text | None
    new: Text | None


def pairs(
    repo: git.Repository, base: git.Base, paths: Iterable[str], head: str | None = None
) -> list[Pair]:
    """Give each profile that is not the same to the byte on both sides.

    The new side is the commit ``head``, or the working tree.
    """
    patterns = [p for path in paths for p in _patterns(repo, path)] or list(DEFAULT)
    old = _then(repo, base.commit, patterns)
    new = _now(repo, patterns) if head is None else _then(repo, head, patterns)
    for pattern in patterns:
        if not MAGIC.search(pattern) and pattern not in old and pattern not in new:
            msg = f"{repo.shown(pattern)}: there is no such file, here or in the commit"
            raise UsageError(msg, hint="Name profiles, folders of profiles, or patterns.")
    return _paired(old, new)


def _then(repo: git.Repository, commit: str, patterns: list[str]) -> dict[str, Text]:
    """Read the profiles of a commit."""
    return {
        path: Text(repo.shown(path), git.text(repo, blob, LARGEST))
        for path, blob in git.blobs(repo, commit).items()
        if _any(path, patterns)
    }


def _now(repo: git.Repository, patterns: list[str]) -> dict[str, Text]:
    """Read the profiles of the working tree."""
    here = _here(repo, patterns)
    return {path: Text(repo.shown(path), read_text(str(repo.root / path))) for path in here}


def _paired(old: dict[str, Text], new: dict[str, Text]) -> list[Pair]:
    found = [
        Pair(old[path], new[path])
        for path in new
        if path in old and old[path].text != new[path].text
    ]
    gone = [text for path, text in old.items() if path not in new]
    came = [text for path, text in new.items() if path not in old]
    for before, after in _moves(gone, came):
        gone.remove(before)
        came.remove(after)
        found.append(Pair(before, after))
    return [*found, *(Pair(None, one) for one in came), *(Pair(one, None) for one in gone)]


def _moves(gone: list[Text], came: list[Text]) -> list[tuple[Text, Text]]:
    """Pair what is gone with what came: the same deployment first, then what is alike."""
    scored = sorted(
        ((_likeness(one, other), one, other) for one in gone for other in came),
        key=lambda scored: (-scored[0], scored[1].file, scored[2].file),
    )
    taken: list[Text] = []
    found = []
    for score, one, other in scored:
        if score >= ALIKE and one not in taken and other not in taken:
            taken += [one, other]
            found.append((one, other))
    return found


def _likeness(one: Text, other: Text) -> float:
    """Give the share of equal lines, and one more where both name the same deployment."""
    names = [NAME.search(text.text) for text in (one, other)]
    same = all(names) and names[0] and names[1] and names[0][1] == names[1][1]
    lines = difflib.SequenceMatcher(None, one.text.splitlines(), other.text.splitlines())
    return lines.ratio() + (1 if same else 0)


def _patterns(repo: git.Repository, path: str) -> list[str]:
    """Give the patterns that an argument stands for: a folder means the profiles in it."""
    inside = repo.inside(path)
    if (repo.root / inside).is_dir():
        return [f"{inside}/{ending}" if inside != "." else ending for ending in ENDINGS]
    return [inside]


def _here(repo: git.Repository, patterns: list[str]) -> list[str]:
    found: dict[str, None] = {}
    for pattern in patterns:
        literal = repo.root / pattern
        matches = [literal] if literal.is_file() else _glob(repo.root, pattern)
        found |= dict.fromkeys(match.relative_to(repo.root).as_posix() for match in matches)
    return sorted(found)


def _glob(root: Path, pattern: str) -> list[Path]:
    if not MAGIC.search(pattern):
        return []
    return [path for path in root.glob(pattern) if path.is_file() and not _hidden(path.name)]


def _any(path: str, patterns: list[str]) -> bool:
    return any(
        path == pattern
        or (
            path.count("/") == pattern.count("/")
            and PurePosixPath(path).match(pattern)
            and not _hidden(PurePosixPath(path).name)
        )
        for pattern in patterns
    )


def _hidden(name: str) -> bool:
    return name.startswith(".")
