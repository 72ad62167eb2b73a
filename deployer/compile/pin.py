"""Pinning a release: what its revision means at the moment is written into it."""

from __future__ import annotations

from dataclasses import replace

from deployer.compile.derive import pinned_path
from deployer.release import Release

FOLLOWS = "model.repo"
"""The key behind ``--model-path`` where its author left the folder to us."""


def pin(release: Release, commit: str) -> Release:
    """Give the release of one commit: the same as if the profile had stated that commit.

    Only ``model.revision`` still says what the author wrote. A folder that the profile states
    stays; one that follows from the repository becomes that of the commit. A release that has a
    commit already is given back.
    """
    if release.model.commit:
        return release
    derived = [a for a in release.arguments if a.flag == "--model-path" and a.source == FOLLOWS]
    path = pinned_path(release.model.path, commit) if derived else release.model.path
    arguments = tuple(replace(a, values=(path,)) if a in derived else a for a in release.arguments)
    model = replace(release.model, commit=commit, path=path)
    return replace(release, model=model, arguments=arguments)
