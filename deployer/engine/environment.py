"""The engine's environment as a value: where it lies, and whether it is complete.

An environment is complete when its marker file, written last, holds the digest of all that it was
made from. Anything else in its place is leftovers, which the next installation removes.
"""

import hashlib
import json
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.codec import read_json
from deployer.engine import plugin
from deployer.engine.exclusive import exclusive
from deployer.engine.locked import Locked, read_lock
from deployer.errors import Failure, UsageError
from deployer.facts.cpu import RELEASES
from deployer.files import is_there, write_whole

ENGINES: Mapping[str, Path] = {
    version: Path(__file__).parent / "locks" / f"sglang-{version}-cpu.txt" for version in RELEASES
}
"""SGLang versions that can be installed here, each with the lock of its whole environment."""

MARKER = "deployer-engine.json"


@dataclass(frozen=True)
class EngineEnvironment:
    """A complete environment: SGLang, torch for the CPU and the platform plugin.

    ``digest`` is the SHA-256 of lock, plugin and Python version, in hexadecimal.
    """

    version: str
    root: Path
    python: Path
    digest: str

    @property
    def bin(self) -> Path:
        """The directory of its programs."""
        return self.root / "bin"


def engine_home(environ: Mapping[str, str]) -> Path:
    """Where environments lie: $DEPLOYER_ENGINE_HOME, else below the XDG data directory."""
    if home := environ.get("DEPLOYER_ENGINE_HOME"):
        return Path(home).expanduser().absolute()
    data = environ.get("XDG_DATA_HOME") or str(home_of(environ) / ".local" / "share")
    return Path(data) / "deployer" / "engines"


def describe(version: str, environ: Mapping[str, str]) -> EngineEnvironment:
    """Say what the environment of this version would be, whether or not it is there.

    Raises UsageError for a version that has no lock.
    """
    if version not in ENGINES:
        known = ", ".join(ENGINES)
        message = f"no CPU engine is known for SGLang {version}"
        raise UsageError(message, hint=f"versions with a lock: {known}")
    root = engine_home(environ) / f"sglang-{version}-cpu-py{_python_minor()}"
    return EngineEnvironment(version, root, root / "bin" / "python3", digest(version))


def locate(version: str, *, environ: Mapping[str, str] = os.environ) -> EngineEnvironment | None:
    """Find the complete environment of this version, or None. Reads files and starts nothing.

    Raises UsageError for a version that has no lock, Failure for one that others may change.
    """
    wanted = describe(version, environ)
    return wanted if is_complete(wanted) else None


def is_complete(wanted: EngineEnvironment) -> bool:
    """Tell whether an environment is there, whole and as it would be made today.

    Raises Failure for one that others may change.
    """
    try:
        marker = read_json((wanted.root / MARKER).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        return False
    matches = isinstance(marker, dict) and marker.get("digest") == wanted.digest
    if not matches or not os.access(wanted.python, os.X_OK):
        return False
    _refuse_open(wanted.root)
    return True


def _refuse_open(root: Path) -> None:
    """Raise Failure where another user could have put code into an environment.

    One that root has installed for everybody is fine.
    """
    for folder in (root.parent, root):
        found = folder.stat()
        stranger = found.st_uid not in {0, os.geteuid()}
        if stranger or (found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX):
            why = "belongs to another user" if stranger else "can be written by everybody"
            message = f"the engine in {root} is not used: {folder} {why}"
            hint = "remove it and run `deployer engine install`, or set DEPLOYER_ENGINE_HOME"
            raise Failure(message, hint=hint)


def remove(version: str, *, environ: Mapping[str, str] = os.environ) -> bool:
    """Delete the environment of this version; tell whether there was one.

    Raises UsageError for an unknown version, OSError where files cannot be deleted.
    """
    wanted = describe(version, environ)
    if not is_there(wanted.root):
        return False
    with exclusive(lock_path(wanted)):
        discard(wanted.root)
    return True


def discard(root: Path) -> None:
    """Delete a directory, its marker first, so that a rest is never taken for complete."""
    (root / MARKER).unlink(missing_ok=True)
    if is_there(root):
        shutil.rmtree(root)


def mark_complete(environment: EngineEnvironment) -> None:
    """Write the marker, whole or not at all."""
    content = {"digest": environment.digest, "sglang": environment.version}
    write_whole(environment.root / MARKER, json.dumps(content))


def lock_path(environment: EngineEnvironment) -> Path:
    """The file that one installation or removal at a time holds locked."""
    return environment.root.with_name(f".{environment.root.name}.lock")


def digest(version: str) -> str:
    """Hash what an environment is made from: lock, plugin sources, Python's minor version."""
    parts = [ENGINES[version].read_bytes(), _python_minor().encode()]
    for path, content in plugin.sources().items():
        parts += [path.encode(), content]
    return sha256_of(parts)


def sha256_of(parts: Iterable[bytes]) -> str:
    """Hash several byte strings, each with its length, so that no two lists collide."""
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.hexdigest()


def requirements(version: str) -> tuple[Locked, ...]:
    """List the packages of a lock, each with its hashes."""
    return read_lock(ENGINES[version])


def _python_minor() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def home_of(environ: Mapping[str, str]) -> Path:
    """Give the home folder that ``environ`` names, or the user's."""
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()
