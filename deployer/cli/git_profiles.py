"""Which profiles to compare: those of a commit with those in the working tree."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from deployer.cli import git
from deployer.cli.discover import (
    Selected,
    by_rule,
    every_one,
    inside,
    nothing,
    refuse_empty,
    select,
)
from deployer.cli.evidence import evidence_in
from deployer.cli.layers import environment, layered_in
from deployer.cli.locks import lock_in
from deployer.cli.moves import moves
from deployer.cli.patterns import is_pattern
from deployer.cli.settings import stated
from deployer.cli.trees import Commit, Tree, WorkingTree
from deployer.errors import DeployerError, UsageError
from deployer.lock.lock import FoundLock, Lock
from deployer.profile.layers import Layered, environments
from deployer.profile.layers import Text as Layers
from deployer.visible import visible


@dataclass(frozen=True, slots=True)
class Text:
    """A profile's text, and the file that it is or was in; ``why_not`` where it cannot be read.

    ``lock`` is its lock, None where nobody looked for one, and ``evidence`` the text of what it
    showed, '' where there is none.
    """

    file: str
    text: str
    why_not: str = ""
    lock: FoundLock | None = None
    evidence: str = ""
    layers: Layered | None = None

    @property
    def whole(self) -> Layers:
        """Give the text with what it extends, and in its environment."""
        return self.text if self.layers is None else self.layers

    @property
    def label(self) -> str:
        """Name the file for a reader, and the environment that it is taken in."""
        inside = "" if self.layers is None else self.layers.environment
        return f"{self.file} ({inside})" if inside else self.file

    def within(self, inside: str) -> Text | None:
        """Give it in an environment; None where it has none of that name."""
        if self.why_not or inside not in environments(self.whole):
            return None
        layers = self.layers or Layered(self.text)
        return replace(self, layers=replace(layers, environment=inside), evidence="")

    @property
    def bytes(self) -> tuple[Layers, Lock | None, bool]:
        """All that decides what it compiles to, wherever it lies."""
        known = None if self.lock is None else self.lock.lock
        return self.whole, known, self.lock is not None and self.lock.why_not != ""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two sides of one profile; None for what is new or gone."""

    old: Text | None
    new: Text | None

    @property
    def inside(self) -> Iterator[Pair]:
        """Give the pair in each environment that either side has."""
        if any(text and text.layers and text.layers.environment for text in (self.old, self.new)):
            return
        sides = [text for text in (self.new, self.old) if text is not None]
        for name in dict.fromkeys(each for text in sides for each in environments(text.whole)):
            old = None if self.old is None else self.old.within(name)
            new = None if self.new is None else self.new.within(name)
            yield Pair(old, new)

    @property
    def identical(self) -> bool:
        """Whether both sides are the same to the byte."""
        old, new = self.old, self.new
        if old is None or new is None or old.why_not or new.why_not:
            return False
        return old.bytes == new.bytes and old.evidence == new.evidence


@dataclass(frozen=True, slots=True)
class Compared:
    """Every profile of both sides, how they were found, and what was passed over.

    ``beside`` holds every profile of the new side, whatever was asked for, by what it is called;
    None for one that cannot be read. ``scope`` says what a change does to where profiles are, and
    which changed files are left out by what the repository says of that.
    """

    pairs: list[Pair]
    how: str = ""
    passed: tuple[str, ...] = ()
    beside: dict[str, Layers | None] = field(default_factory=dict)
    scope: tuple[str, ...] = ()


def compared(
    repo: git.Repository, base: git.Base, words: Sequence[str], head: str | None = None
) -> Compared:
    """Give each profile of both sides, those that are the same included.

    The new side is the commit ``head``, or the working tree. Raises UsageError for a word that
    means nothing on either side, and where there is no profile on either.
    """
    refuse_empty(words)
    old = Commit(repo, base.commit)
    new: Tree = WorkingTree(repo) if head is None else Commit(repo, head)
    found = [_meant(repo, (old, new), word) for word in words] or [_all(old, new)]
    before, after = (
        {path: _text(repo, tree, path) for part in found for path in part[side].files}
        for side, tree in enumerate((old, new))
    )
    away = _away(repo, new, before.keys() - after)
    for path in away:
        del before[path]
    for path in before.keys() - after:  # what cannot be read is not gone
        if new.has(path) and (text := _text(repo, new, path)).why_not:
            after[path] = text
    if not before and not after:
        raise _only_away(away[0]) if away else nothing((old, new))
    parts = [side for part in found for side in part]
    told = (f"{visible(path)} (left out of this sparse checkout, so not compared)" for path in away)
    beside = {**{path: _text(repo, new, path) for path in every_one(new)}, **after}
    return Compared(
        _paired(before, after),
        next((part.how for part in parts if part.how), ""),
        tuple(dict.fromkeys((*(reason for part in parts for reason in part.passed), *told))),
        {text.file: None if text.why_not else text.whole for text in beside.values()},
        () if words else (*_otherwise(old, new), *_left_out(repo, (old, new), {*before, *after})),
    )


def _away(repo: git.Repository, tree: Tree, gone: AbstractSet[str]) -> list[str]:
    """Give what of these is not in the working tree only because the checkout is sparse."""
    return sorted(gone & set(git.left_out(repo))) if gone and isinstance(tree, WorkingTree) else []


def _only_away(path: str) -> UsageError:
    message = f"{visible(path)} is left out of this sparse checkout, so there is nothing to compare"
    hint = "`git sparse-checkout add` brings it; with `--head HEAD` what is committed is compared"
    return UsageError(message, hint=hint)


def _otherwise(old: Tree, new: Tree) -> tuple[str, ...]:
    """Say that a change says otherwise where profiles are: the next one may hide some by that."""
    (before, _), (after, file) = stated(old), stated(new)
    if before == after:
        return ()
    said = [", ".join(f"`{one}`" for one in rule) or "by their content" for rule in (before, after)]
    return (f"security: where profiles are found changes from {said[0]} to {said[1]}{_in(file)}",)


def _in(file: str) -> str:
    return f" ({file})" if file else ""


def _left_out(
    repo: git.Repository, trees: tuple[Tree, Tree], compared: set[str]
) -> tuple[str, ...]:
    """Name what looks like a profile, changes, and is not among what the repository names."""
    files = " and ".join(dict.fromkeys(file for _, file in map(stated, trees) if file))
    if not files:
        return ()
    sides = [
        {path: _text(repo, tree, path).text for path in inside(tree, "").files} for tree in trees
    ]
    changed = {path for path in {*sides[0], *sides[1]} if sides[0].get(path) != sides[1].get(path)}
    return tuple(
        f"not compared, though it looks like a profile and changes: `{repo.shown(path)}` is not "
        f"among what {files} names"
        for path in sorted(changed - compared)
    )


def _meant(repo: git.Repository, trees: tuple[Tree, Tree], word: str) -> tuple[Selected, Selected]:
    """Give what a word means on each side; a file may be on one of them only."""
    pattern = repo.inside(word)
    if own := _own_repository(repo, pattern):
        msg = f"{visible(word)} is in a repository of its own, {own}"
        raise UsageError(msg, hint="Compare it there: this one does not hold what it was")
    old, new = (select(tree, pattern) for tree in trees)
    if old.files or new.files:
        return old, new
    if is_pattern(word) or (repo.root / pattern).is_dir():
        raise nothing(trees, word)
    msg = f"{repo.shown(pattern)}: there is no such file, here or in the commit"
    raise UsageError(msg, hint="Name profiles, folders of profiles, or patterns")


def _own_repository(repo: git.Repository, path: str) -> Path | None:
    """Give the repository within this one that a path is in, such as a submodule."""
    at = PurePosixPath(path)
    inner = (repo.root / each for each in (at, *at.parents) if each.name)
    return next((each for each in inner if os.path.lexists(each / ".git")), None)


def _all(old: Tree, new: Tree) -> tuple[Selected, Selected]:
    """Give every profile of each side, by what either side says of where they are.

    A change that says otherwise than before hides nothing by that, and shows nothing as deleted
    that only is not listed any more.
    """
    rules = {tree: stated(tree) for tree in (old, new)}
    sides = []
    for tree in (old, new):
        parts = [by_rule(tree, patterns) for patterns, _ in dict.fromkeys(rules.values())]
        sides.append(Selected(tuple(dict.fromkeys(p for part in parts for p in part.files))))
    files = " and ".join(dict.fromkeys(file for _, file in rules.values() if file))
    passed = () if files else tuple(r for tree in (old, new) for r in inside(tree, "").passed)
    how = f"as {files} says" if files else "by their content"
    first, second = sides
    return Selected(first.files, how, passed), second


def _text(repo: git.Repository, tree: Tree, path: str) -> Text:
    """Read a side of a profile; one that cannot be read stops no other's comparison."""
    try:
        shown = repo.shown(path)
        lock, evidence = lock_in(tree, path, shown), evidence_in(tree, path)
        text = tree.text(path)
        whole = layered_in(tree, path, text, shown, environment())
        layers = whole if isinstance(whole, Layered) else None
        return Text(shown, text, lock=lock, evidence=evidence, layers=layers)
    except DeployerError as error:
        return Text(repo.shown(path), "", why_not=error.message)


def _paired(old: dict[str, Text], new: dict[str, Text]) -> list[Pair]:
    found = [Pair(old[path], new[path]) for path in new if path in old]
    gone = [text for path, text in old.items() if path not in new]
    came = [text for path, text in new.items() if path not in old]
    moved = moves(gone, came)
    found += [Pair(before, after) for before, after in moved]
    files = {text.file for pair in moved for text in pair}
    found += [Pair(None, one) for one in came if one.file not in files]
    return found + [Pair(one, None) for one in gone if one.file not in files]
