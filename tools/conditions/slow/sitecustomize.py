"""Makes every write of this Python and its children slow: found through ``PYTHONPATH``.

Each file that is opened for writing, made, moved or removed costs as much as on a disk that is
shared with many; what is flushed to the disk costs more.
"""

import os
import sys
import time
from typing import Any

SECONDS = float(os.environ.get("DEPLOYER_SLOW_WRITES", "0.01"))
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def slow(event: str, arguments: Any) -> None:  # noqa: ANN401 - an audit hook
    """Wait before each change of the file system."""
    if event in CHANGES or (event == "open" and arguments[2] & WRITING):
        time.sleep(SECONDS)


def flushed(descriptor: Any, _flush: Any = os.fsync) -> None:  # noqa: ANN401 - as os.fsync
    """Wait, then do as os.fsync does."""
    time.sleep(10 * SECONDS)
    _flush(descriptor)


sys.addaudithook(slow)
os.fsync = flushed  # type: ignore[assignment]
