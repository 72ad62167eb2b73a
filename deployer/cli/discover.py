"""Which files are meant by words of the command line, or by none: files, folders, patterns.

A file is taken as it is. A pattern that spells an ending (`profiles/*.yaml`) takes what it matches.
A folder, a pattern without one (`deploy/**`), and no word at all take what looks like a profile
(:mod:`deployer.profile.likeness`), unless the repository says where its profiles are
(:mod:`deployer.cli.settings`). What is meant and not there is wrong usage: an empty set is no
success.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deployer.cli.patterns import ENDINGS, before, is_pattern, matches, spells_an_ending
from deployer.cli.reading import read_text
from deployer.cli.settings import YAML, stated
from deployer.cli.trees import Folder, Tree, WorkingTree, alike, bases, tree_at
from deployer.errors import DeployerError, UsageError
from deployer.files import is_there
from deployer.profile.likeness import Likeness, likeness
from deployer.visible import visible

SHOWN = 3
"""Files that a message names."""

SAY_WHERE = f"Name the files, or say in {YAML} where they are: `profiles: [deploy/**/*.yml]`"


@dataclass(frozen=True, slots=True)
class Found:
    """The profiles, as the command line would call them, and how they were found.

    ``how`` is empty where each was named. ``passed`` are files that are not taken and nearly look
    like profiles, or cannot be read, each with the reason.
    """

    files: tuple[str, ...]
    how: str = ""
    passed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selected:
    """What a tree holds of what was asked for; paths count from its root."""

    files: tuple[str, ...]
    how: str = ""
    passed: tuple[str, ...] = ()


def find(words: Sequence[str], here: Path = Path()) -> Found:
    """Find the profiles that words mean, in the working tree, or all where there is no word.

    Raises UsageError for a word that means nothing, and where nothing is found.
    """
    if not words:
        tree = tree_at(here)
        found = every(tree)
        if not found.files:
            raise nothing([tree])
        return _called(tree, found, here)
    refuse_empty(words)
    parts = [_meant(word, here) for word in words]
    return Found(
        tuple(dict.fromkeys(file for part in parts for file in part.files)),
        "; ".join(dict.fromkeys(part.how for part in parts if part.how)),
        tuple(dict.fromkeys(reason for part in parts for reason in part.passed)),
    )


def refuse_empty(words: Sequence[str]) -> None:
    """Raise UsageError for an empty word: a variable that holds nothing means nothing."""
    if "" in words:
        msg = "an empty word names no profile"
        raise UsageError(msg, hint="Leave it out for every profile, or write `.` for this folder")


def every(tree: Tree) -> Selected:
    """Give every profile of a tree: by what it states, or by content."""
    patterns, file = stated(tree)
    if not patterns:
        return inside(tree, "")
    parts = {pattern: select(tree, pattern) for pattern in patterns}
    if empty := [pattern for pattern, part in parts.items() if not part.files]:
        msg = f"{file} says that profiles are at `{empty[0]}`, and nothing is there"
        raise UsageError(msg, hint=f"It was looked for in {tree.where()}. Mend {file}")
    files = dict.fromkeys(path for part in parts.values() for path in part.files)
    return Selected(tuple(files), f"as {file} says")


def every_one(tree: Tree) -> tuple[str, ...]:
    """Give every profile of a tree as :func:`every` does; none is no error."""
    patterns, _ = stated(tree)
    return by_rule(tree, patterns).files


def by_rule(tree: Tree, patterns: Sequence[str]) -> Selected:
    """Give what patterns mean in a tree, or what looks like a profile where there is none."""
    if not patterns:
        return inside(tree, "")
    files = (path for pattern in patterns for path in select(tree, pattern).files)
    return Selected(tuple(dict.fromkeys(files)))


def select(tree: Tree, pattern: str) -> Selected:
    """Give what a file, folder or pattern means in a tree."""
    pattern = pattern.removeprefix("./").rstrip("/")
    if pattern in {"", "."}:
        return inside(tree, "")
    if not is_pattern(pattern):
        return _one(tree, pattern) if tree.has(pattern) else inside(tree, f"{pattern}/")
    if spells_an_ending(pattern):
        files = tuple(path for path in tree.files() if matches(pattern, path))
        lower = bases(tree) if any(_nameless(tree, path) for path in files) else {}
        files = tuple(path for path in files if path not in lower)
        return Selected(files, "", _links(tree, lambda path: matches(pattern, path)))
    return _by_content(tree, lambda path: matches(pattern, path))


def _one(tree: Tree, path: str) -> Selected:
    """Give a file that was named; of what others extend, those others."""
    above = bases(tree).get(path, ()) if _nameless(tree, path) else ()
    return Selected(above, f"what extends {visible(path)}") if above else Selected((path,))


def _nameless(tree: Tree, path: str) -> bool:
    """Whether a file may be what others extend."""
    try:
        return likeness(tree.text(path)).nameless
    except DeployerError:
        return False


def inside(tree: Tree, folder: str) -> Selected:
    """Give what looks like a profile in a folder and below; an empty text is the root."""
    return _by_content(tree, lambda path: path.startswith(folder))


def nothing(trees: Sequence[Tree], word: str = "") -> UsageError:
    """Say that nothing was found: where was looked, and what was nearly taken."""
    tree = trees[-1]
    what = f"`{visible(word)}` matches nothing" if word else "there is no profile"
    where = " and in ".join(dict.fromkeys(one.where() for one in trees))
    seen = len({path for one in trees for path in one.files()})
    passed = [reason for one in trees for reason in _passed(alike(one).items())]
    hint = SAY_WHERE + (
        f". Not taken: {'; '.join(dict.fromkeys(passed[:SHOWN]))}" if passed else ""
    )
    msg = f"{what} in {where}, among {seen} YAML file{'' if seen == 1 else 's'}"
    if word and isinstance(tree, WorkingTree):
        hint += ". What git ignores is found by its full name only"
    return UsageError(msg, hint=hint)


def _meant(word: str, here: Path) -> Found:
    path = here / word
    if is_pattern(word) and not path.exists():
        start = here / before(word)
    elif path.is_dir() and not word.endswith(ENDINGS):  # `x.yaml/` is an odd file, and is told
        start = path
    else:
        return _named(word, path, here)
    try:
        why_not = "" if is_there(start) and start.is_dir() else "there is no folder"
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise  # what may not be looked at is not wrong usage
        why_not = f"{error.strerror or error}:"
    if why_not:
        msg = f"`{visible(word)}` matches nothing: {why_not} {visible(str(start))}"
        raise UsageError(msg, hint=SAY_WHERE)
    tree = tree_at(start)
    found = select(tree, _within(tree, path, start))
    if not found.files:
        raise nothing([tree], word)
    return _called(tree, found, here, absolute=Path(word).is_absolute())


def _named(word: str, path: Path, here: Path) -> Found:
    """Give a file that was named; of what others extend, those others."""
    try:
        nameless = path.is_file() and likeness(read_text(str(path))).nameless
    except DeployerError:
        nameless = False
    if not nameless:
        return Found((word,))
    tree = tree_at(path.parent)
    name = os.path.relpath(path.resolve(), _root(tree).resolve())
    found = _one(tree, name) if tree.has(name) else Selected((name,))
    if found.files == (name,):
        return Found((word,))
    return _called(tree, found, here, absolute=Path(word).is_absolute())


def _within(tree: WorkingTree | Folder, path: Path, start: Path) -> str:
    """Give a word as its tree calls it; the part with magic in it is kept as it is."""
    rest = os.path.relpath(path, start)
    base = os.path.relpath(start.resolve(), _root(tree).resolve())
    return os.path.normpath(os.path.join(base, rest))  # noqa: PTH118 - of a pattern, no path


def _called(
    tree: WorkingTree | Folder, found: Selected, here: Path, *, absolute: bool = False
) -> Found:
    """Give files as the command line would call them."""
    root = _root(tree)
    base = here.resolve()
    resolved = root.resolve()

    def name(path: str) -> str:
        return str(root / path) if absolute else os.path.relpath(resolved / path, base)

    return Found(tuple(map(name, found.files)), found.how, found.passed)


def _root(tree: WorkingTree | Folder) -> Path:
    return tree.repo.root if isinstance(tree, WorkingTree) else tree.root


def _by_content(tree: Tree, wanted: Callable[[str], bool]) -> Selected:
    looked = alike(tree)
    lower = bases(tree, looked)
    seen = {path: like for path, like in looked.items() if wanted(path) and path not in lower}
    files = tuple(path for path, like in seen.items() if like is not None and like.profile)
    passed = (*_passed(seen.items()), *_links(tree, wanted))
    return Selected(files, "by their content", passed)


def _links(tree: Tree, wanted: Callable[[str], bool]) -> tuple[str, ...]:
    links = (path for path in tree.links() if wanted(path))
    return tuple(
        f"{visible(path)} (a link: one is followed only where it is named)" for path in links
    )


def _passed(seen: Iterable[tuple[str, Likeness | None]]) -> list[str]:
    """Say why files were not taken that could have been meant."""
    found = []
    for path, like in seen:
        if like is None:
            found.append(f"{visible(path)} (cannot be read)")
        elif like.near:
            lacks = " and ".join(f"`{key}`" for key in like.lacks)
            found.append(f"{visible(path)} (has no {lacks})")
    return found
