"""A git repository for a test, written as somebody would write it."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git(folder: Path, *words: str) -> str:
    """Run git as a person that needs no configuration; gives what it says."""
    person = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    ran = subprocess.run(
        ["git", *person, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


def commit(folder: Path, message: str = "change") -> None:
    """Commit everything that is there."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
