"""What keeps a program to itself, as far as this system lets us: without network, secrets, writes.

The best that works is taken, and which one that was is said. ``unshare`` (util-linux) makes the
namespaces: user_namespaces(7), mount_namespaces(7), network_namespaces(7), pid_namespaces(7). Where
a distribution forbids them to ordinary users, only the program's own Python keeps it from the
network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_INSIDE = Path(__file__).with_name("jail_inside.py")
_NAMESPACES = (
    "--user", "--map-root-user", "--net", "--mount", "--ipc", "--pid", "--fork", "--kill-child",
)  # fmt: skip
_PROBE_SECONDS = 20

_SOCKETS = "/run"
"""Where services listen (FHS 3.0, 3.15): a socket with a path is reached without network, and
that of a container engine gives the whole machine."""

FULL = "no network, no home, and nothing to write to but a folder of its own"
NETWORK = "no network; this system does not let it be kept from files"
PYTHON = "this system lets it be kept from nothing: only its own Python refuses network"


@dataclass(frozen=True, slots=True)
class Jail:
    """A way to run a program: ``kind`` is ``full``, ``network`` or ``python``.

    ``says`` tells people what it is kept from; ``hidden`` are the folders that the program does not
    see.
    """

    kind: str
    says: str
    hidden: tuple[str, ...] = ()

    def wrapped(self, command: Sequence[str], folder: Path, kept: Sequence[Path]) -> list[str]:
        """Give the words that run ``command``, which may write to ``folder`` and read ``kept``."""
        if self.kind == "python":
            return list(command)
        if self.kind == "network":
            return ["unshare", "--user", "--map-root-user", "--net", "--", *command]
        spec = {
            "hidden": self.hidden,
            "kept": [str(path) for path in kept if path.is_dir() and not self._bares(path)],
            "writable": str(folder),
            "command": list(command),
        }
        file = folder / "jail.json"
        file.write_text(json.dumps(spec), encoding="utf-8")
        inside = [sys.executable, "-I", "-S", str(_INSIDE), str(file)]
        return ["unshare", *_NAMESPACES, "--", *inside]

    def _bares(self, path: Path) -> bool:
        """Whether a folder that is to stay readable holds one that is to be hidden."""
        return any(Path(each).is_relative_to(path) for each in self.hidden)


NOTHING = Jail("python", PYTHON)
"""No jail at all."""


def find_jail(environ: Mapping[str, str] = os.environ) -> Jail:
    """Find the best jail that works here, by trying it."""
    if shutil.which("unshare", path=environ.get("PATH")) is None:
        return NOTHING
    for jail in (Jail("full", FULL, _private(environ)), Jail("network", NETWORK)):
        if _works(jail):
            return jail
    return NOTHING


def _private(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Give the folders of what is nobody else's business, and that of services."""
    named = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")
    found = [environ.get(name, "") for name in named]
    found += [str(Path.home()), tempfile.gettempdir(), _SOCKETS]
    folders = {os.path.realpath(each) for each in found if each.startswith("/")}
    return tuple(sorted(each for each in folders if each != "/" and Path(each).is_dir()))


def _works(jail: Jail) -> bool:
    with tempfile.TemporaryDirectory(prefix="deployer-jail-") as name:
        folder = Path(name).resolve()
        try:
            words = jail.wrapped([shutil.which("true") or "true"], folder, [])
            done = subprocess.run(
                words, check=False, capture_output=True, timeout=_PROBE_SECONDS, cwd="/"
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0
