"""Pinning a release: what its revisions mean at the moment is written into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from deployer.compile.derive import pinned_path
from deployer.lock.lock import Lock
from deployer.release import FROM_HUB, Argument, Beside, ModelSource, Release

FOLLOWS = "model.repo"
"""The key behind ``--model-path`` where its author left the folder to us."""

Commits = Callable[[ModelSource], str]
"""Says what the revision of a repository means: a commit, or '' where that is not known."""


def pin(release: Release, commits: Commits) -> Release:
    """Give the release of certain commits: the same as if the profile had stated them.

    Only the revisions still say what the author wrote. A folder that the profile states stays;
    one that follows from a repository becomes that of the commit. What has a commit already stays
    as it is, and so does what ``commits`` does not know. ``commits`` may raise.
    """
    if release.model.source in FROM_HUB:
        release = _model(release, release.model.commit or commits(release.model))
    for each in release.beside:
        if commit := "" if each.commit else commits(each):
            release = _beside(release, each, commit)
    return replace(release, shapes=tuple(pin(each, commits) for each in release.shapes))


def pin_all(release: Release, lock: Lock) -> Release:
    """Give the release of a lock: of its commits, and of the very image that its tag meant."""
    pinned, image, reference = pin(release, lock.commit_of), lock.image, release.engine.image
    if image is None or image.reference != reference or "@" in reference:
        return pinned
    return replace(pinned, engine=replace(pinned.engine, image=f"{reference}@{image.digest}"))


def same(source: ModelSource) -> tuple[str, str]:
    """Give what two sources have in common that mean the same: repository and revision."""
    return source.repo, source.revision


def commits_of(release: Release) -> Commits:
    """Give the commits that another release has of the same repositories and revisions."""
    known = {same(one): one.commit for one in release.sources()}
    return lambda source: known.get(same(source), "")


def _model(release: Release, commit: str) -> Release:
    if not commit or release.model.commit:
        return release
    derived = [a for a in release.arguments if a.flag == "--model-path" and a.source == FOLLOWS]
    path = pinned_path(release.model.path, commit) if derived else release.model.path
    arguments = tuple(replace(a, values=(path,)) if a in derived else a for a in release.arguments)
    model = replace(release.model, commit=commit, path=path)
    return replace(release, model=model, arguments=arguments)


def _beside(release: Release, source: Beside, commit: str) -> Release:
    path = pinned_path(source.path, commit)
    named = f"{source.served_name}=" if source.role == "adapter" else ""
    words = {f"{named}{source.path}": f"{named}{path}"}
    key = "lora.adapters" if named else "speculative.draft_model"
    arguments = tuple(
        _with(each, words) if each.source == key else each for each in release.arguments
    )
    pinned = replace(source, commit=commit, path=path)
    return replace(
        release,
        arguments=arguments,
        beside=tuple(pinned if each is source else each for each in release.beside),
    )


def _with(argument: Argument, words: dict[str, str]) -> Argument:
    return replace(argument, values=tuple(words.get(each, each) for each in argument.values))
