"""Finds every process of a deployment, also when the one that started it is gone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deployer.apply.local.process import Identity, identity_of, is_alive
from deployer.serve.processes import PROC, Process, all_processes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MARK = "DEPLOYER_LOCAL_FOLDER"
"""The variable that the supervisor hands down: which deployment a process belongs to."""


def family(folder: Path, known: Iterable[Identity]) -> frozenset[Identity]:
    """List the living processes of the deployment whose state is in ``folder``.

    These are the ``known`` ones that still run, whatever was started with this folder in
    :data:`MARK`, and all their descendants. A process that merely has a number that one of ours
    once had is none of them; this process and its ancestors never are. (The mark alone would not
    do: SGLang's children overwrite their environment when they rename themselves.)
    """
    living = {pid: each for pid, each in all_processes().items() if not each.dead}
    mark = f"{MARK}={folder}".encode(errors="surrogateescape")
    ours = {pid for pid in living if _carries(pid, mark)}
    ours |= {each.pid for each in known if is_alive(each)}
    _add_descendants(ours, living)
    ours -= _lineage(living)
    return frozenset(identity_of(living[pid]) for pid in ours if pid in living)


def _carries(pid: int, mark: bytes) -> bool:
    try:
        environment = (PROC / str(pid) / "environ").read_bytes()
    except OSError:  # it has just ended, or belongs to someone else
        return False
    return mark in environment.split(b"\0")


def _add_descendants(ours: set[int], living: dict[int, Process]) -> None:
    while more := {each.pid for each in living.values() if each.parent in ours} - ours:
        ours |= more


def _lineage(living: dict[int, Process]) -> set[int]:
    lineage: set[int] = set()
    pid = os.getpid()
    while pid and pid not in lineage:
        lineage.add(pid)
        pid = living[pid].parent if pid in living else 0
    return lineage
