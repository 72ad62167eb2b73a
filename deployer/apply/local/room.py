"""Whether a second engine fits beside the one that serves, by what that one takes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from deployer.facts.gpus import GIB
from deployer.serve.processes import PROC

if TYPE_CHECKING:
    from collections.abc import Iterable

SPARE = 1.25
"""Times what the old engine takes that have to be free: a start needs more than it keeps."""

NO_GPU = frozenset({"none", "cpu"})


def no_room(pids: Iterable[int], gpu: str) -> str:
    """Say why a second engine does not fit beside the processes of one; '' where it does.

    A GPU is taken whole by the engine that has it. Of memory the share of each process is added up
    (``Pss``), and compared with what the kernel calls available.
    """
    if gpu not in NO_GPU:
        return f"the {gpu} is taken by the engine that serves"
    taken = [_share(pid) for pid in pids]
    free = _available()
    if not taken or None in taken or free is None:
        return "this system does not tell how much memory the engine takes"
    needed = SPARE * sum(each or 0 for each in taken)
    if free < needed:
        return (
            f"{free / GIB:.1f} GiB of memory are free, and a second engine would need "
            f"{needed / GIB:.1f} GiB"
        )
    return ""


def _share(pid: int) -> int | None:
    """Give a process's share of memory in bytes; 0 for one that has ended, None if untold."""
    try:
        return _field((PROC / str(pid) / "smaps_rollup").read_text(), "Pss:")
    except ProcessLookupError:
        return 0
    except OSError:
        return None if (PROC / str(pid)).exists() else 0


def _available() -> int | None:
    with suppress(OSError):
        return _field((PROC / "meminfo").read_text(), "MemAvailable:")
    return None


def _field(text: str, name: str) -> int | None:
    found = (line.split() for line in text.splitlines() if line.startswith(name))
    return next((int(words[1]) * 1024 for words in found), None)
