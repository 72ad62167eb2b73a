"""Make an environment of its own for deployer, and install what the lock says.

Both are started beside the checkout and without the step's variables: `venv` and pip start
interpreters of their own, which are not isolated.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.action.github import say
from tools.action.surroundings import environment

ROOT = Path(__file__).resolve().parents[2]

LOCKS = ("build.txt", "check.txt")
"""What builds deployer, and what it checks and compares with, each file of it by its hash."""

VERIFIED = ("--require-hashes", "--only-binary", ":all:")
"""Words for pip: no file without a hash, and no build script of anybody else."""

OURS = ("--no-deps", "--no-index", "--no-build-isolation")
"""Words for the project itself: nothing is fetched, and what builds it is there by then."""

SECONDS = 600
"""Time limit of each."""


def make(environ: Mapping[str, str]) -> int:
    """Make the environment; gives its interpreter as the output `python`."""
    folder = Path(environ["RUNNER_TEMP"]) / "deployer"
    code = _run(environ, sys.executable, "-I", "-m", "venv", "--clear", str(folder))
    say(environ, python=str(folder / "bin" / "python"))
    return code


def fill(environ: Mapping[str, str]) -> int:
    """Install deployer into the environment whose interpreter runs this."""
    pip = [sys.executable, "-I", "-m", "pip", "--isolated", "--disable-pip-version-check"]
    locks = [word for name in LOCKS for word in ("--requirement", str(ROOT / "locks" / name))]
    code = _run(environ, *pip, "install", "--quiet", *VERIFIED, *locks)
    return code or _run(environ, *pip, "install", "--quiet", *OURS, str(ROOT))


def _run(environ: Mapping[str, str], *words: str) -> int:
    return subprocess.run(
        words,
        cwd=environ["RUNNER_TEMP"],
        env=environment(environ),
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=SECONDS,
    ).returncode
