"""What is different between two locks, or between a lock and what is the case now."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lock.lock import Lock, LockedImage, LockedRepository

GB = 1e9
SHORT = 12
"""Digits of a commit or a digest that are shown."""


def moved(old: Lock | None, new: Lock | None) -> tuple[str, ...]:
    """Say what moved from one lock to another, a sentence each; nothing where nothing did."""
    if old is None or new is None:
        return (
            () if old is new else ("there was no lock",) if old is None else ("the lock is gone",)
        )
    return (*_repositories(old, new), *_image(old.image, new.image))


def _repositories(old: Lock, new: Lock) -> Iterator[str]:
    for one in new.repositories:
        before = old.of(one.role, one.repo)
        if before is None:
            yield f"{one.role} {one.repo} is new: {_size(one)}"
        else:
            yield from _repository(before, one)
    for gone in old.repositories:
        if new.of(gone.role, gone.repo) is None:
            yield f"{gone.role} {gone.repo} is gone"


def _repository(old: LockedRepository, new: LockedRepository) -> Iterator[str]:
    if old == new:
        return
    commits = (
        f"{old.commit[:SHORT]} -> {new.commit[:SHORT]}"
        if old.commit != new.commit
        else f"still {new.commit[:SHORT]}, and what is stated of it is another"
    )
    parts = [f"{new.role} {new.repo}: {commits}", *_files(old, new)]
    if old.called != new.called:
        parts.append(f"the hub calls it {new.called or new.repo} now")
    yield "; ".join(parts)


def _files(old: LockedRepository, new: LockedRepository) -> Iterator[str]:
    before, after = ({file.path: file for file in side.files} for side in (old, new))
    if before == after:
        yield "the same files"
        return
    counts = {
        "changed": sum(path in before and before[path] != file for path, file in after.items()),
        "new": len(after.keys() - before.keys()),
        "gone": len(before.keys() - after.keys()),
    }
    files = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    size = f"{old.bytes / GB:.1f} GB -> {new.bytes / GB:.1f} GB"
    if old.bytes == new.bytes:
        size = f"{new.bytes / GB:.1f} GB as before"
    yield f"files: {files}; {size}"
    told = [name for name in new.documents if old.documents.get(name) != new.documents[name]]
    told += [f"{name} (gone)" for name in old.documents if name not in new.documents]
    if told:
        yield f"what the model says of itself: {', '.join(told)}"


def _image(old: LockedImage | None, new: LockedImage | None) -> Iterator[str]:
    if old == new:
        return
    if old is None or new is None:
        yield (
            f"image {new.reference} is new"
            if new
            else f"image {old.reference if old else ''} is gone"
        )
    elif old.reference != new.reference:
        yield f"image {old.reference} -> {new.reference}"
    else:
        yield f"image {new.reference}: {_short(old.digest)} -> {_short(new.digest)}"


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:SHORT]


def _size(one: LockedRepository) -> str:
    return f"{one.commit[:SHORT]}, {len(one.files)} files, {one.bytes / GB:.1f} GB"
