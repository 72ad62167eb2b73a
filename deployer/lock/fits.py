"""Whether a lock is that of a release: found out from both, without asking anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deployer.lock.lock import Lock
from deployer.lock.wanted import Wanted, wanted
from deployer.release import Release

COMMIT = re.compile("[0-9a-f]{40}")

_CALLED = {"model": "model", "draft": "draft model", "adapter": "adapter"}


def why_stale(lock: Lock, release: Release) -> tuple[str, ...]:
    """Say in what a lock is not that of a release; nothing where it is."""
    return (*_repositories(lock, release), *_image(lock, release))


def _repositories(lock: Lock, release: Release) -> Iterator[str]:
    names = wanted(release)
    for one in names:
        yield from _repository(lock, one)
    for locked in lock.repositories:
        if not any((one.role, one.repo) == (locked.role, locked.repo) for one in names):
            what = f"the {_CALLED[locked.role]} {locked.repo}"
            yield f"it holds {what}, which the profile does not name"


def _repository(lock: Lock, one: Wanted) -> Iterator[str]:
    locked = lock.of(one.role, one.repo)
    if locked is None:
        yield f"it does not hold the {_CALLED[one.role]} {one.repo}"
    elif locked.revision != one.revision:
        yield f"it holds {one.repo} at {locked.revision}, and the profile says {one.revision}"
    elif COMMIT.fullmatch(one.revision) and locked.commit != one.revision:
        yield f"it holds {one.repo} at {locked.commit}, and the profile says {one.revision}"


def _image(lock: Lock, release: Release) -> Iterator[str]:
    locked, image = lock.image, release.engine.image
    reference = locked.reference if locked else ""
    if reference != image:
        yield f"it holds {_named(reference)}, and the profile says {_named(image)}"
    elif locked and "@" in image and not image.endswith(f"@{locked.digest}"):
        yield f"it holds {locked.digest} for {image}"


def _named(reference: str) -> str:
    return f"the image {reference}" if reference else "no image"
