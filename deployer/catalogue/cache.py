"""Where the published wheels lie on this machine, and how one gets there."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PLATFORM = ("manylinux_2_34_x86_64", "3.11", "cp311")
"""What the wheels from 0.5.11 on are built for; older ones are for any machine."""


class NoSuchReleaseError(Exception):
    """The package index has no wheel of that release; the message says what was tried."""


class NoAnswerError(Exception):
    """The package index named no release of SGLang at all, so nothing is known of this one."""


NONE_NAMED = "(from versions: none)"
"""How pip ends (pip/_internal/resolution/resolvelib/factory.py) where no index named a version: an
index that was reached names the older ones, which are for any machine."""


def folder() -> Path:
    """Give the folder of the wheels: ``$DEPLOYER_WHEELS``, or one in the user's cache."""
    if given := os.environ.get("DEPLOYER_WHEELS"):
        return Path(given)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "deployer" / "wheels"


def wheel_path(version: str) -> Path:
    """Give the wheel of a release, downloaded with pip where it is not here yet (5 to 40 MB)."""
    found = sorted(folder().glob(f"sglang-{version}-*.whl"))
    return found[0] if found else _download(version)


def _download(version: str) -> Path:
    folder().mkdir(parents=True, exist_ok=True)
    platform, python, abi = PLATFORM
    with tempfile.TemporaryDirectory(dir=folder()) as scratch:
        # -I: a `pip.py` in the folder that somebody stands in is not run.
        command = [sys.executable, "-I", "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--only-binary", ":all:", "--dest", scratch]
        command += ["--platform", platform, "--python-version", python]
        command += ["--implementation", "cp", "--abi", abi, "--abi", "none"]
        command.append(f"sglang=={version}")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = list(Path(scratch).glob("*.whl"))
        if done.returncode or not found:
            if NONE_NAMED in done.stderr:
                msg = (
                    f"whether SGLang {version} is published is not known: pip's package index "
                    "gave no list of releases"
                )
                raise NoAnswerError(msg)
            last = done.stderr.strip().splitlines()[-1:] or ["pip gave no reason"]
            msg = f"no wheel of sglang {version} could be downloaded: {last[0]}"
            raise NoSuchReleaseError(msg)
        # One move, so that two processes that download the same wheel never read half of one.
        return found[0].replace(folder() / found[0].name)
