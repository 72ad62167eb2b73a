"""Which packages the engine's own Python has, asked without importing any of them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

from deployer.codec import read_json
from deployer.credentials import without_credentials

PATIENCE = 60.0
"""Seconds for one question; a cold container reads its image from afar."""

ASK = """
import importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def package_versions(
    python: str, environ: Mapping[str, str], names: Sequence[str]
) -> dict[str, str]:
    """Give the version of each package that is there; nothing at all where nobody answers."""
    try:
        found = read_json(answer([python, "-c", ASK, *names], environ) or "{}")
    except ValueError:
        return {}
    return {str(name): str(version) for name, version in found.items()}


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
