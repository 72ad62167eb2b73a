"""Installs SGLang for a CPU into an environment of its own: one lock, one plugin, one marker.

Rooms outside ask here: ``locate``, ``install``, ``remove``, ``engine_home``, ``ENGINES`` and
``EngineEnvironment``. Nothing here imports torch or SGLang; they live in the other environment.
"""

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deployer.engine import child, environment, plugin
from deployer.engine.environment import ENGINES, EngineEnvironment, engine_home, locate, remove
from deployer.engine.exclusive import exclusive
from deployer.engine.locked import VERIFIED, Locked, write_lock
from deployer.engine.pip_progress import PipProgress
from deployer.errors import Failure

__all__ = [
    "ENGINES",
    "EngineEnvironment",
    "Progress",
    "engine_home",
    "install",
    "locate",
    "remove",
]

Progress = Callable[[str, float | None], None]
"""Called with a text and the fraction done (0 to 1), or None where no fraction is known."""

NEEDED_BYTES = 2_500_000_000
"""Free disk space asked for: 1.6 GB unpacked (measured), the downloads, and room to breathe."""

TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
"""PyTorch's own index of CPU builds, https://pytorch.org/get-started/locally/."""

_TORCH_HINT = (
    f"the CPU build of torch comes from {TORCH_INDEX}: is it out of reach? Allow it, or put the "
    "wheel into a directory that PIP_FIND_LINKS names, and run this again"
)

_OLDEST_PYTHON = (3, 11)
_MISLEADING = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_PYTHON")
"""Variables of the caller that would make pip read or write somewhere else."""

# Reads torch's build without importing it: a CUDA build does not load without its libraries.
_TORCH_BUILD = (
    "import importlib.util, pathlib, runpy\n"
    "spec = importlib.util.find_spec('torch')\n"
    "version = pathlib.Path(spec.origin).with_name('version.py')\n"
    "print('cuda:', runpy.run_path(str(version)).get('cuda'))\n"
)
_SMOKE = (
    "import importlib.metadata as metadata\n"
    f"points = metadata.entry_points(group={plugin.ENTRY_POINT_GROUP!r})\n"
    "points[" + repr(plugin.NAME) + "].load()\n"
    "print('sglang:', metadata.version('sglang'))\n"
)


def install(
    version: str,
    *,
    progress: Progress,
    environ: Mapping[str, str] = os.environ,
    run: child.Runner = child.run,
    clock: Callable[[], float] = time.monotonic,
) -> EngineEnvironment:
    """Make the environment of this SGLang version complete, and return it.

    Where it is complete already this returns at once. Two calls at a time: the second says that it
    waits, and then finds the work done. Raises UsageError for a version without a lock, Failure for
    the wrong machine, a full disk, or a step that failed; then, and on Ctrl-C, nothing is left.
    """
    wanted = environment.describe(version, environ)
    if found := locate(version, environ=environ):
        return found
    check_machine(sys.platform, platform.machine(), sys.version_info[:2])
    try:
        with exclusive(environment.lock_path(wanted), on_wait=lambda pid: _say_wait(progress, pid)):
            return locate(version, environ=environ) or _build(wanted, progress, environ, run, clock)
    except OSError as error:
        raise _disk_failure(error, wanted.root) from error


def check_machine(system: str, machine: str, python: tuple[int, ...]) -> None:
    """Raise Failure unless this is Linux on x86_64 with a Python that the lock fits."""
    if system != "linux" or machine.lower() not in ("x86_64", "amd64"):
        message = f"the CPU engine runs on Linux x86_64; this is {system} on {machine}"
        raise Failure(message, hint="use a Linux machine or container, or deploy to Modal")
    if python < _OLDEST_PYTHON:
        have = ".".join(map(str, python))
        message = f"the CPU engine needs Python 3.11 or newer; this is Python {have}"
        raise Failure(message)


def check_space(home: Path, free_bytes: int) -> None:
    """Raise Failure unless the disk below ``home`` has room for the environment."""
    if free_bytes < NEEDED_BYTES:
        have, need = free_bytes / 1e9, NEEDED_BYTES / 1e9
        message = f"the CPU engine needs {need:.1f} GB of free disk; {home} has {have:.1f} GB"
        raise Failure(message, hint="free some space, or set DEPLOYER_ENGINE_HOME to another disk")


@dataclass(frozen=True)
class _Build:
    """One installation under way: where, how to run programs, whom to tell."""

    wanted: EngineEnvironment
    progress: Progress
    env: Mapping[str, str]
    run: child.Runner

    def steps(self) -> None:
        """Take every step, in order; the marker is not among them."""
        packages = environment.requirements(self.wanted.version)
        torch = next(one for one in packages if one.pin.startswith("torch=="))
        rest = [one for one in packages if one != torch]
        self._venv()
        self._pip_torch(torch, len(packages))
        self._check_torch()
        self._pip_rest(rest, len(packages))
        self._pip_plugin()
        self._smoke()

    def _venv(self) -> None:
        self.progress("Creating the environment", 0.0)
        hint = "is the Python package for virtual environments installed (python3-venv)?"
        try:
            self._run(
                [sys.executable, "-m", "venv", str(self.wanted.root)], "creating the environment"
            )
        except Failure as failure:
            raise Failure(failure.message, hint=failure.hint or hint) from failure

    def _pip_torch(self, torch: Locked, total: int) -> None:
        reader = PipProgress(total, before=0, here=1, begin=0.03, end=0.4)
        options = ["--extra-index-url", TORCH_INDEX, "--retries", "1"]
        try:
            self._pip_locked([torch], "installing torch", reader, options)
        except Failure as failure:
            raise Failure(failure.message, hint=failure.hint or _TORCH_HINT) from failure

    def _check_torch(self) -> None:
        lines: list[str] = []
        self._run(
            [str(self.wanted.python), "-c", _TORCH_BUILD], "reading torch's build", lines.append
        )
        if lines != ["cuda: None"]:
            build = lines[-1] if lines else "nothing"
            message = f"pip found a CUDA build of torch ({build}), which is no use on a CPU"
            raise Failure(message, hint=_TORCH_HINT)

    def _pip_rest(self, rest: Sequence[Locked], total: int) -> None:
        reader = PipProgress(total, before=1, here=len(rest), begin=0.4, end=0.95)
        self._pip_locked(rest, f"installing SGLang {self.wanted.version}", reader)

    def _pip_plugin(self) -> None:
        self.progress("Installing the CPU platform plugin", 0.95)
        with tempfile.TemporaryDirectory(prefix="deployer-plugin-") as directory:
            # The one file without a hash: it was made here, of sources that came with deployer.
            wheel = plugin.build_wheel(Path(directory))
            self._pip(["--no-index", str(wheel)], "installing the CPU platform plugin", None)

    def _smoke(self) -> None:
        self.progress("Checking the environment", 0.98)
        lines: list[str] = []
        self._run([str(self.wanted.python), "-c", _SMOKE], "checking the environment", lines.append)
        if f"sglang: {self.wanted.version}" not in lines:
            message = f"the environment holds {lines[-1:] or 'nothing'}, not {self.wanted.version}"
            raise Failure(message)

    def _pip_locked(
        self,
        packages: Sequence[Locked],
        doing: str,
        reader: PipProgress,
        options: Sequence[str] = (),
    ) -> None:
        """Install files whose hashes are known, and no others."""
        with tempfile.TemporaryDirectory(prefix="deployer-lock-") as directory:
            lock = write_lock(packages, Path(directory, "lock.txt"))
            self._pip([*VERIFIED, *options, "--requirement", str(lock)], doing, reader)

    def _pip(self, arguments: Sequence[str], doing: str, reader: PipProgress | None) -> None:
        def on_line(line: str) -> None:
            if reader and (seen := reader.read(line)):
                self.progress(*seen)

        pip = [
            str(self.wanted.python),
            "-m",
            "pip",
            "install",
            "--no-deps",
            "--progress-bar",
            "off",
        ]
        self._run([*pip, *arguments], doing, on_line)

    def _run(
        self, command: Sequence[str], doing: str, on_line: Callable[[str], None] = lambda _: None
    ) -> None:
        self.run(command, doing=doing, env=self.env, on_line=on_line)


def _build(
    wanted: EngineEnvironment,
    progress: Progress,
    environ: Mapping[str, str],
    run: child.Runner,
    clock: Callable[[], float],
) -> EngineEnvironment:
    begun = clock()
    environment.discard(wanted.root)
    check_space(wanted.root.parent, shutil.disk_usage(wanted.root.parent).free)
    try:
        _Build(wanted, progress, pip_environ(environ), run).steps()
        environment.mark_complete(wanted)
    except BaseException:
        progress("Removing the unfinished environment", None)
        environment.discard(wanted.root)
        raise
    size = _size(wanted.root) / 1e9
    progress(f"SGLang {wanted.version} for CPU: {size:.2f} GB in {clock() - begun:.0f} s", 1.0)
    return wanted


def pip_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the caller's environment without what would lead pip elsewhere."""
    kept = {name: value for name, value in environ.items() if name not in _MISLEADING}
    return kept | {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_REQUIRE_VIRTUALENV": "0",
        "PYTHONUNBUFFERED": "1",
    }


def _size(root: Path) -> int:
    return sum(path.lstat().st_size for path in root.rglob("*"))


def _say_wait(progress: Progress, holder: str) -> None:
    who = f" (process {holder})" if holder else ""
    progress(f"Another installation is running{who}; waiting for it", None)


def _disk_failure(error: OSError, root: Path) -> Failure:
    message = f"the CPU engine cannot be installed in {root}: {error.strerror or error}"
    return Failure(message, hint="set DEPLOYER_ENGINE_HOME to a directory with space and rights")
