"""Which packages the engine's own Python has, asked without importing any of them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

from deployer.credentials import without_credentials

PATIENCE = 60.0
"""Seconds for one question; a cold container reads its image from afar."""

ASK = """
import os, sys

def plain(name):
    return name.replace("-", "_").replace(".", "_").lower()

def version(path):
    for file in (path + "/METADATA", path + "/PKG-INFO", path):
        if os.path.isfile(file):
            with open(file, encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    if line.startswith("Version:"):
                        return line[8:].strip()

wanted = {plain(name): name for name in sys.argv[1:]}
for folder in sys.path:
    for entry in os.listdir(folder or ".") if os.path.isdir(folder or ".") else ():
        stem, _, kind = entry.rpartition(".")
        name = plain(stem.partition("-")[0])
        if kind in ("dist-info", "egg-info") and name in wanted:
            found = version(os.path.join(folder, entry))
            if found:
                print(wanted.pop(name), found)
"""
"""What ``importlib.metadata`` would say, which takes four times as long: it imports all that reads
mail, archives and tables. Of two of a name the first on the path is the one that is imported."""


def package_versions(
    python: str, environ: Mapping[str, str], names: Sequence[str]
) -> dict[str, str]:
    """Give the version of each package that is there; nothing at all where nobody answers."""
    lines = answer([python, "-c", ASK, *names], environ).splitlines()
    told = (line.partition(" ") for line in lines)
    return {name: version for name, _, version in told if name in names and version}


def answer(words: Sequence[str], environ: Mapping[str, str]) -> str:
    """Give what a program writes to stdout; the empty text where it fails.

    Nothing of it is left whatever happens here, an interrupt too: it has a group of its own, since
    a `python3` can be a script that starts others (pyenv's is).
    """
    try:
        asked = subprocess.Popen(
            words,
            env=without_credentials(environ),  # a container has its secrets in there
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError):
        return ""
    try:
        found, _ = asked.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return ""
    finally:
        if asked.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(asked.pid, signal.SIGKILL)
            asked.wait()
        if asked.stdout is not None:
            asked.stdout.close()
    return found.decode(errors="replace") if asked.returncode == 0 else ""
