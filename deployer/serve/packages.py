"""Which packages the engine's own Python has, asked without importing any of them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

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

    It has ended whatever happens here, an interrupt too, after which ``subprocess.run`` waits for a
    quarter of a second only.
    """
    try:
        asked = subprocess.Popen(
            words,
            env=without_credentials(environ),  # a container has its secrets in there
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, ValueError):
        return ""
    try:
        found, _ = asked.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return ""
    finally:
        asked.kill()
        asked.wait()
        if asked.stdout is not None:
            asked.stdout.close()
    return found.decode(errors="replace") if asked.returncode == 0 else ""
