"""How much memory this machine, or the container that we are in, has to give."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path


def available_bytes(proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Give the bytes that programs can still take without swapping; 0 where nobody says."""
    found = []
    with contextlib.suppress(OSError):
        said = re.search(r"^MemAvailable: +(\d+) kB", (proc / "meminfo").read_text(), re.MULTILINE)
        if said:
            found.append(int(said[1]) * 1024)
    # cgroup v2: what is cached of files is given back when it is needed.
    with contextlib.suppress(OSError, ValueError):
        limit = int((cgroup / "memory.max").read_text())
        used = int((cgroup / "memory.current").read_text())
        cached = re.search(
            r"^inactive_file (\d+)", (cgroup / "memory.stat").read_text(), re.MULTILINE
        )
        found.append(limit - used + (int(cached[1]) if cached else 0))
    return max(min(found, default=0), 0)
