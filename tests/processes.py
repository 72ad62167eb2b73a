"""Looks at one process of a test, which may end at any moment: each is a single look."""

from __future__ import annotations

from deployer.serve.processes import read_process, title


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or dead and not waited for."""
    process = read_process(pid)
    return process is None or process.dead


def title_of(pid: int) -> str:
    """Give the title of a process, '' once it is gone."""
    process = read_process(pid)
    return title(process) if process else ""
