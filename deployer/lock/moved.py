"""What is different between two locks, or between a lock and what is the case now."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lock.lock import Lock, LockedImage, LockedRepository

UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
SHORT = 12
"""Digits of a commit or a digest that are shown."""


def sized(size: int) -> str:
    """Write bytes in the unit in which there is one of it at least."""
    unit, name = next(((unit, name) for unit, name in UNITS if size >= unit), (1, "bytes"))
    return f"{size / unit:.1f} {name}" if unit > 1 else f"{size} {name}"


def moved(old: Lock | None, new: Lock | None) -> tuple[str, ...]:
    """Say what moved from one lock to another, a sentence each; nothing where nothing did."""
    before, after = old or Lock(()), new or Lock(())
    return (*_repositories(before, after), *_image(before.image, after.image))


def _repositories(old: Lock, new: Lock) -> Iterator[str]:
    for one in new.repositories:
        before = old.of(*one.key) or old.of(one.role, one.repo)
        if before is None:
            yield f"{one.role} {one.repo} is locked now: {_size(one)}"
        else:
            yield from _repository(before, one)
    for gone in old.repositories:
        if new.of(*gone.key) is None and _count(new, gone) < _count(old, gone):
            yield f"{gone.role} {gone.repo} is locked no longer"


def _count(lock: Lock, one: LockedRepository) -> int:
    """Count the revisions of a repository; one that only changes is told as such."""
    return sum((one.role, one.repo) == (each.role, each.repo) for each in lock.repositories)


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
    size = f"{sized(old.bytes)} -> {sized(new.bytes)}"
    if old.bytes == new.bytes:
        size = f"{sized(new.bytes)} as before"
    yield f"files: {files}; {size}"
    told = [name for name in new.documents if old.documents.get(name) != new.documents[name]]
    told += [f"{name} (gone)" for name in old.documents if name not in new.documents]
    if told:
        yield f"what the model says of itself: {', '.join(told)}"


def _image(old: LockedImage | None, new: LockedImage | None) -> Iterator[str]:
    if old == new:
        return
    if old is None or new is None:
        known = old or new
        since = "now" if old is None else "no longer"
        yield f"image {known.reference if known else ''} is locked {since}"
    elif old.reference != new.reference:
        yield f"image {old.reference} -> {new.reference}"
    else:
        yield f"image {new.reference}: {_short(old.digest)} -> {_short(new.digest)}"


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:SHORT]


def _size(one: LockedRepository) -> str:
    return f"{one.commit[:SHORT]}, {len(one.files)} files, {sized(one.bytes)}"
