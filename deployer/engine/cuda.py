"""Installs SGLang for NVIDIA GPUs into an environment of its own, out of a lock with hashes.

The lock holds what the release itself requires, as an index resolved it; nothing is taken whose
hash is not in it. Beside the CPU's environments, and in no way of use to the local target.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.engine import child, environment
from deployer.engine.environment import EngineEnvironment, engine_home, sha256_of
from deployer.engine.exclusive import exclusive
from deployer.engine.install import Progress, pip_environ
from deployer.engine.locked import VERIFIED, read_lock
from deployer.engine.pip_progress import PipProgress
from deployer.errors import Failure, UsageError
from deployer.files import is_there

LOCKS: Mapping[str, Path] = {
    version: Path(__file__).parent / "locks" / f"sglang-{version}-cuda.txt"
    for version in ("0.5.17", "0.5.23")
}
"""SGLang releases with a lock of their CUDA environment: the one that was measured, the newest."""

DRIVERS = {"12": 525, "13": 580}
"""The oldest branch of the driver for each CUDA that torch was built for, Linux
(https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/, "minor version compatibility")."""

UNPACKED = 2.2
"""Bytes on the disk for each of a wheel: 0.5.17's 211 wheels, 4.05 GB, unpack to 8.88."""

PYTHONS = ((3, 11), (3, 12))
"""outlines-core 0.1.26, which both releases require, has wheels for no later Python."""

ASK = ("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")

_SMOKE = (
    "import importlib.metadata as metadata, torch\n"
    "print('sglang:', metadata.version('sglang'))\n"
    "print('gpus:', torch.cuda.device_count())\n"
)

Driver = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What would be installed: bytes of the wheels, and about what they unpack to."""

    environment: EngineEnvironment
    download: int
    driver: int

    @property
    def unpacked(self) -> int:
        """Bytes on the disk, about."""
        return int(self.download * UNPACKED)

    def text(self) -> str:
        """Say how large it is."""
        return (
            f"a download of {self.download / 1e9:.1f} GB, "
            f"about {self.unpacked / 1e9:.0f} GB on the disk"
        )


def describe(version: str, environ: Mapping[str, str]) -> Wanted:
    """Say what the CUDA environment of a release would be; UsageError where there is no lock."""
    if version not in LOCKS:
        message = f"no CUDA environment is locked for SGLang {version}"
        hint = (
            f"versions with a lock: {', '.join(LOCKS)}; any release's own requirements go into a "
            f"fresh virtual environment with `pip install sglang=={version}`"
        )
        raise UsageError(message, hint=hint)
    text = LOCKS[version].read_text(encoding="utf-8")
    python = ".".join(map(str, sys.version_info[:2]))
    root = engine_home(environ) / f"sglang-{version}-cuda-py{python}"
    digest = sha256_of([text.encode(), python.encode()])
    found = EngineEnvironment(version, root, root / "bin" / "python3", digest)
    size = re.search(r"^# download: (\d+) bytes$", text, re.MULTILINE)
    cuda = re.search(r"^nvidia-cudnn-cu(\d+)==", text, re.MULTILINE)
    if size is None or cuda is None:
        message = f"{LOCKS[version]}: says neither its size nor its CUDA"
        raise ValueError(message)
    return Wanted(found, int(size[1]), DRIVERS[cuda[1]])


def locate(version: str, *, environ: Mapping[str, str] = os.environ) -> EngineEnvironment | None:
    """Find the complete CUDA environment of a release, or None."""
    wanted = describe(version, environ).environment
    return wanted if environment.is_complete(wanted) else None


def remove(version: str, *, environ: Mapping[str, str] = os.environ) -> bool:
    """Delete the CUDA environment of a release; tell whether there was one."""
    wanted = describe(version, environ).environment
    if not is_there(wanted.root):
        return False
    with exclusive(environment.lock_path(wanted)):
        environment.discard(wanted.root)
    return True


def ask_driver() -> str:
    """Ask the driver which GPUs there are; '' where there is no driver that answers."""
    try:
        ran = subprocess.run(ASK, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ""
    return ran.stdout.strip()


def check_driver(wanted: Wanted, said: str) -> str:
    """Give the first GPU's name; raises Failure where the driver is missing or too old."""
    version = wanted.environment.version
    if not said:
        message = "no NVIDIA driver answers here: `nvidia-smi` is missing or fails"
        hint = f"install it on a machine with a GPU; `deployer engine install {version}` is the CPU"
        raise Failure(message, hint=hint)
    name, _, driver = (part.strip() for part in said.splitlines()[0].rpartition(","))
    if not driver.partition(".")[0].isdigit() or int(driver.partition(".")[0]) < wanted.driver:
        message = f"the driver {driver} of {name} is too old for SGLang {version}"
        raise Failure(message, hint=f"its torch needs the driver {wanted.driver} or newer")
    return name


def check_machine(system: str, machine: str, python: tuple[int, ...]) -> None:
    """Raise Failure unless the lock has wheels for this machine and Python."""
    if system != "linux" or machine.lower() not in ("x86_64", "amd64"):
        message = f"the CUDA environment is for Linux x86_64; this is {system} on {machine}"
        raise Failure(message, hint="use a Linux machine with an NVIDIA GPU")
    if python not in PYTHONS:
        have, can = ".".join(map(str, python)), " or ".join(".".join(map(str, p)) for p in PYTHONS)
        message = f"the CUDA environment needs Python {can}; this is Python {have}"
        raise Failure(message, hint="outlines-core, which SGLang requires, has no wheel for others")


def install(
    version: str,
    *,
    progress: Progress,
    environ: Mapping[str, str] = os.environ,
    run: child.Runner = child.run,
    driver: Driver = ask_driver,
    clock: Callable[[], float] = time.monotonic,
) -> EngineEnvironment:
    """Make the CUDA environment of a release complete, and return it.

    Raises UsageError for a release without a lock, Failure for the wrong machine, a driver that is
    missing or too old, a full disk, or a step that failed; nothing unfinished is left then.
    """
    wanted = describe(version, environ)
    if found := locate(version, environ=environ):
        return found
    check_machine(sys.platform, platform.machine(), sys.version_info[:2])
    check_driver(wanted, driver())
    try:
        with exclusive(environment.lock_path(wanted.environment)):
            if found := locate(version, environ=environ):
                return found
            return _build(wanted, progress, environ, run, clock)
    except OSError as error:
        where = wanted.environment.root
        message = f"the CUDA environment cannot be made in {where}: {error.strerror or error}"
        raise Failure(message, hint="set DEPLOYER_ENGINE_HOME to another folder") from error


def _build(
    wanted: Wanted,
    progress: Progress,
    environ: Mapping[str, str],
    run: child.Runner,
    clock: Callable[[], float],
) -> EngineEnvironment:
    root, began = wanted.environment.root, clock()
    environment.discard(root)
    _check_space(wanted, shutil.disk_usage(root.parent).free)
    try:
        _steps(wanted, progress, pip_environ(environ), run)
        environment.mark_complete(wanted.environment)
    except BaseException:
        progress("Removing the unfinished environment", None)
        environment.discard(root)
        raise
    progress(f"SGLang {wanted.environment.version} with CUDA in {clock() - began:.0f} s", 1.0)
    return wanted.environment


def _check_space(wanted: Wanted, free: int) -> None:
    need = wanted.download + wanted.unpacked
    if free < need:
        message = (
            f"the CUDA environment needs about {need / 1e9:.0f} GB of free disk while it is made; "
            f"{wanted.environment.root.parent} has {free / 1e9:.1f} GB"
        )
        raise Failure(message, hint="free some space, or set DEPLOYER_ENGINE_HOME to another disk")


def _steps(wanted: Wanted, progress: Progress, env: Mapping[str, str], run: child.Runner) -> None:
    root, python = wanted.environment.root, str(wanted.environment.python)
    progress("Creating the environment", 0.0)
    venv = [sys.executable, "-m", "venv", str(root)]
    run(venv, doing="creating the environment", env=env, on_line=lambda _: None)
    lock = LOCKS[wanted.environment.version]
    total = len(read_lock(lock))
    reader = PipProgress(total, before=0, here=total, begin=0.02, end=0.97)

    def on_line(line: str) -> None:
        if seen := reader.read(line):
            progress(*seen)

    pip = [python, "-m", "pip", "install", "--no-deps", "--progress-bar", "off", *VERIFIED]
    doing = f"installing SGLang {wanted.environment.version} with CUDA"
    run([*pip, "--requirement", str(lock)], doing=doing, env=env, on_line=on_line)
    progress("Checking the environment", 0.98)
    told: list[str] = []
    run([python, "-c", _SMOKE], doing="checking the environment", env=env, on_line=told.append)
    if f"sglang: {wanted.environment.version}" not in told:
        message = f"the environment holds {told[-1:] or 'nothing'}, not the release"
        raise Failure(message)
    if not any(re.fullmatch(r"gpus: [1-9]\d*", line) for line in told):
        message = "torch sees no GPU in the environment, though `nvidia-smi` does"
        raise Failure(message, hint="is all of the driver there, or only a part of it?")
