"""One download at a time into a folder: two would write into each other's files."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.serve.weights.manifest import OWN_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder; :class:`Failure` where another process holds it. Raises ``OSError``.

    A volume that containers share may know no locks, or keep each container's to itself; the
    hash of every file is what counts then.
    """
    path = folder / OWN_FOLDER / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"another download is filling {folder}"
            raise Failure(message, hint="wait for it to end; it can be continued then") from None
        except OSError:
            pass  # no locks here
        yield
    finally:
        os.close(descriptor)
