"""Keeps a container's file locks to itself, as volumes of Modal do; runs when its Python starts.

Containers of the tests share one file system. Here each locks a file of its own in place of the
one on the volume, so a lock between two containers holds nobody up.
"""

import fcntl
import os
import time

_flock = fcntl.flock
_held: dict[int, int] = {}


def _own(descriptor: int, operation: int) -> None:
    folder = os.environ["FAKE_LOCKS"]
    number = os.fstat(descriptor).st_ino
    if operation & fcntl.LOCK_UN:
        os.close(_held.pop(descriptor))
        return
    own = os.open(f"{folder}/{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _flock(own, operation)
    except OSError:
        os.close(own)
        raise
    _held[descriptor] = own


if "FAKE_LOCKS" in os.environ:
    fcntl.flock = _own  # type: ignore[assignment]
    _close = os.close

    def _also(descriptor: int) -> None:
        """Let go of the lock with the file that it is of."""
        own = _held.pop(descriptor, None)
        _close(descriptor)
        if own is not None:
            _close(own)

    os.close = _also  # type: ignore[assignment]

if "FAKE_NOW" in os.environ:  # what the clock of a test struck
    _apart = float(os.environ["FAKE_NOW"]) - time.time()
    _time = time.time
    time.time = lambda: _time() + _apart
