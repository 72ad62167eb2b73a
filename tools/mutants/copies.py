"""Copies of the checkout, in which faults are made: the checkout itself is never touched."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tools.mutants.mutations import Mutant


def copied(root: Path, to: Path) -> Path:
    """Copy what git knows or would add; gives the copy's folder."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (root / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, to / name)
    return to


def put(copy: Path, mutant: Mutant) -> str:
    """Make the fault in a copy; gives the text that stood there."""
    file = copy / mutant.file
    text = file.read_text(encoding="utf-8")
    file.write_text(mutant.of(text), encoding="utf-8")
    return text


def mend(copy: Path, mutant: Mutant, text: str) -> None:
    """Take the fault out again."""
    (copy / mutant.file).write_text(text, encoding="utf-8")
