"""One process at a time: an advisory lock on a file, freed by the kernel when its holder ends."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

NOT_FOR_OTHERS = 0o022
"""The bits of a mode that let a group or everybody write."""


def _silent(_holder: str) -> None:
    pass


@contextmanager
def exclusive(path: Path, *, on_wait: Callable[[str], None] = _silent) -> Iterator[None]:
    """Hold the lock on ``path`` (made where missing) for the length of a ``with`` block.

    ``on_wait`` is called once, with the process id of the holder (or ""), before waiting for it.
    Raises OSError where the file cannot be made. The file stays: deleting it would let two
    processes hold locks on two files of one name.

    What is made in the block, by programs that are started there too, only its owner may write,
    whatever the caller's umask is: whoever may write into an environment runs code in it.
    """
    umask = os.umask(NOT_FOR_OTHERS)
    os.umask(umask | NOT_FOR_OTHERS)
    try:
        with _locked(path, on_wait):
            yield
    finally:
        os.umask(umask)


@contextmanager
def _locked(path: Path, on_wait: Callable[[str], None]) -> Iterator[None]:
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
