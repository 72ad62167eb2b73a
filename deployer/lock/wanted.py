"""What a release names that only somebody else can say the meaning of: what a lock holds."""

from __future__ import annotations

from dataclasses import dataclass

from deployer.lock.lock import ROLES, Role
from deployer.release import Beside, ModelSource, Release


@dataclass(frozen=True, slots=True)
class Wanted:
    """A repository of the hub that a release names, with the revision that it states."""

    role: Role
    repo: str
    revision: str


def wanted(release: Release) -> tuple[Wanted, ...]:
    """Give the repositories that a release downloads: the model's, its draft's, its adapters'."""
    return tuple(dict.fromkeys(map(of_source, release.sources())))


def of_source(source: ModelSource) -> Wanted:
    """Give what is asked about one of them."""
    role = ROLES[source.role] if isinstance(source, Beside) else "model"
    return Wanted(role, source.repo, source.revision)


def names_nothing(release: Release) -> bool:
    """Whether a release names neither a repository nor an image."""
    return not release.sources() and not release.engine.image
