"""What `deployer lock` did or found out, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from deployer.lock.lock import Lock, LockedRepository
from deployer.lock.moved import sized
from deployer.visible import visible

State = Literal["written", "unchanged", "fresh", "stale", "missing", "nothing", "failed"]
"""``nothing`` is a profile that names neither a repository nor an image."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the lock of one profile.

    ``lock`` is the one that was written, or compared. ``reasons`` say why it is stale or failed,
    ``moved`` what differs from the lock before, or from what is so now. ``asked`` names who was
    asked. ``code`` is what it makes of the exit code.
    """

    profile: str
    file: str
    state: State
    lock: Lock | None = None
    reasons: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    hint: str = ""
    code: int = 0


def text(told: Sequence[Told]) -> str:
    """Write a paragraph for each profile; what failed is an error, which was said already."""
    return "".join(f"{line}\n" for one in told if one.state != "failed" for line in _lines(one))


def _lines(one: Told) -> Iterator[str]:
    profile, file = visible(one.profile), visible(one.file)
    heads = {
        "written": f"{profile}: locked in {file}, as {' and '.join(one.asked)} say",
        "unchanged": f"{profile}: {file} is what {' and '.join(one.asked)} say",
        "fresh": f"{file}: fresh, compared with {_compared(one)}",
        "stale": f"{file}: stale, compared with {_compared(one)}",
        "missing": f"{file}: no lock",
        "nothing": f"{profile}: nothing to lock, it names no repository and no image",
    }
    yield heads[one.state]
    if one.lock is not None and one.state in {"written", "unchanged"}:
        yield from _contents(one.lock)
    yield from (f"  {visible(line)}" for line in (*one.reasons, *one.moved))


def _compared(one: Told) -> str:
    return f"{visible(one.profile)} {_and(one.asked)}"


def _and(asked: tuple[str, ...]) -> str:
    return f"and {' and '.join(asked)}" if asked else "(nobody was asked)"


def _contents(lock: Lock) -> Iterator[str]:
    for one in lock.repositories:
        yield f"  {one.role:<8} {one.repo} {one.revision}: commit {one.commit}"
        yield f"           {len(one.files)} files, {sized(one.bytes)}"
        if one.called:
            yield f"           the hub calls it {one.called} now: better write that name"
        yield from (f"           {visible(line)}" for line in _unknown(one))
    if lock.image is not None:
        yield f"  {'image':<8} {lock.image.reference}: {lock.image.digest}"


def _unknown(one: LockedRepository) -> Iterator[str]:
    """Say what of a model was not understood; of an adapter or a draft it may be nothing."""
    if one.role == "model":
        for line in one.checkpoint("the lock").not_understood:
            yield f"not understood: {line}"


def value(one: Told) -> dict[str, object]:
    """Give the JSON value of one profile's lock."""
    lock = one.lock
    return {
        "profile": one.profile,
        "file": one.file,
        "state": one.state,
        "asked": list(one.asked),
        "repositories": [_repository(each) for each in lock.repositories] if lock else [],
        "image": lock and lock.image and {
            "reference": lock.image.reference, "digest": lock.image.digest
        },
        "moved": list(one.moved),
        "reasons": list(one.reasons),
        "hint": one.hint,
    }  # fmt: skip


def _repository(one: LockedRepository) -> dict[str, object]:
    return {
        "role": one.role,
        "repo": one.repo,
        "called": one.called or one.repo,
        "revision": one.revision,
        "commit": one.commit,
        "files": len(one.files),
        "bytes": one.bytes,
        "not_understood": list(one.checkpoint("the lock").not_understood),
    }
