"""Whether a lock is that of a release: found out from both, without asking anybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deployer.lock.lock import Lock, Role
from deployer.lock.wanted import Wanted, wanted
from deployer.release import COMMIT, Release

_CALLED: dict[Role, str] = {"model": "model", "draft": "draft model", "adapter": "adapter"}
_KEYS: dict[Role, str] = {
    "model": "model.repo",
    "draft": "speculative.draft_model",
    "adapter": "lora.adapters",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a lock is stale, and the key of the profile that says otherwise."""

    key: str
    text: str


def why_stale(lock: Lock, release: Release, *, whole: bool = True) -> tuple[Reason, ...]:
    """Say in what a lock is not that of a release; nothing where it is.

    One that is not ``whole`` has no image, whatever the release has.
    """
    return (*_repositories(lock, release), *(_image(lock, release) if whole else ()))


def _repositories(lock: Lock, release: Release) -> Iterator[Reason]:
    names = wanted(release)
    for one in names:
        if reason := _repository(lock, one):
            yield Reason(_KEYS[one.role], reason)
    for locked in lock.repositories:
        if not any((one.role, one.repo) == (locked.role, locked.repo) for one in names):
            what = f"the {_CALLED[locked.role]} {locked.repo}"
            yield Reason("model.repo", f"it holds {what}, which the profile does not name")


def _repository(lock: Lock, one: Wanted) -> str:
    locked = lock.of(one.role, one.repo, one.revision)
    if locked is not None:
        same = not COMMIT.fullmatch(one.revision) or locked.commit == one.revision
        return "" if same else f"it holds {locked.commit} for {one.revision} of {one.repo}"
    other = lock.of(one.role, one.repo)
    if other is not None:
        return f"it holds {one.repo} at {other.revision}, and the profile says {one.revision}"
    return f"it does not hold the {_CALLED[one.role]} {one.repo}"


def _image(lock: Lock, release: Release) -> Iterator[Reason]:
    locked, image = lock.image, release.engine.image
    reference = locked.reference if locked else ""
    if reference != image:
        text = f"it holds {_named(reference)}, and the profile says {_named(image)}"
        yield Reason("engine.image", text)
    elif locked and "@" in image and not image.endswith(f"@{locked.digest}"):
        yield Reason("engine.image", f"it holds {locked.digest} for {image}")


def _named(reference: str) -> str:
    return f"the image {reference}" if reference else "no image"
