"""One process at a time: an advisory lock on a file, freed by the kernel when its holder ends."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def _silent(_holder: str) -> None:
    pass


@contextmanager
def exclusive(path: Path, *, on_wait: Callable[[str], None] = _silent) -> Iterator[None]:
    """Hold the lock on ``path`` (made where missing) for the length of a ``with`` block.

    ``on_wait`` is called once, with the process id of the holder (or ""), before waiting for it.
    Raises OSError where the file cannot be made. The file stays: deleting it would let two
    processes hold locks on two files of one name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(descriptor, on_wait)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, on_wait: Callable[[str], None]) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        on_wait(os.pread(descriptor, 32, 0).decode("ascii", "replace"))
        fcntl.flock(descriptor, fcntl.LOCK_EX)
