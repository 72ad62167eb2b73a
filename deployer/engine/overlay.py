"""Other releases of SGLang, laid over the one environment that is installed: for resolving only.

An overlay is the release's own wheel and nothing else. SGLang's resolution of arguments is plain
Python; it runs on the torch and transformers of the base environment (every release from 0.5.9 to
0.5.23 did). Serving needs the whole environment of a lock.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.engine import child, environment
from deployer.engine.environment import ENGINES, engine_home
from deployer.engine.exclusive import exclusive
from deployer.engine.install import Progress, install, pip_environ
from deployer.engine.locked import VERIFIED, Locked, overlay_lock, write_lock
from deployer.errors import Failure, UsageError
from deployer.facts.sglang.catalogue import how_to_know, releases
from deployer.files import is_there

BASE = list(ENGINES)[-1]
"""The release whose environment carries the overlays: the newest one with a lock."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A python that imports one release of SGLang; ``overlay`` goes before its own packages."""

    version: str
    python: Path
    overlay: Path | None = None


def find_interpreter(version: str, *, environ: Mapping[str, str] = os.environ) -> Interpreter:
    """Find the python of a release. Reads files and starts nothing.

    Raises UsageError for a release that does not exist, Failure for one that is not installed.
    """
    check_release(version)
    if version in ENGINES:
        if engine := environment.locate(version, environ=environ):
            return Interpreter(version, engine.python)
    elif base := environment.locate(BASE, environ=environ):
        root = overlay_root(version, environ)
        if _is_complete(root, version):
            return Interpreter(version, base.python, root)
    message = f"SGLang {version} is not installed here, and only it knows what it would do"
    other = f", or ask another release with `--engine {BASE}`" if version != BASE else ""
    raise Failure(message, hint=f"Run `deployer engine install {version}`{other}")


def is_overlay(version: str) -> bool:
    """Whether a release can only be an overlay; raises UsageError where it does not exist."""
    check_release(version)
    return version not in ENGINES


def check_release(version: str) -> None:
    """Raise UsageError for a release that is not known."""
    if version not in releases():
        message = f"SGLang {version} is not known here"
        raise UsageError(message, hint=how_to_know(version))


def overlay_root(version: str, environ: Mapping[str, str]) -> Path:
    """Give the folder of an overlay, whether or not it is there."""
    minor = f"py{sys.version_info.major}.{sys.version_info.minor}"
    return engine_home(environ) / f"sglang-{version}-overlay-{minor}"


def installed_overlays(environ: Mapping[str, str] = os.environ) -> dict[str, Path]:
    """Give the overlays that are installed, by release."""
    roots = {version: overlay_root(version, environ) for version in releases()}
    return {version: root for version, root in roots.items() if _is_complete(root, version)}


def install_overlay(
    version: str,
    *,
    progress: Progress,
    environ: Mapping[str, str] = os.environ,
    run: child.Runner = child.run,
) -> Path:
    """Install a release's wheel beside the base environment (and that first), and give its folder.

    Where it is there already this returns at once. Raises Failure for a step that failed; then,
    and on Ctrl-C, no half of it is left.
    """
    base = install(BASE, progress=progress, environ=environ, run=run)
    root = overlay_root(version, environ)
    with exclusive(root.with_name(f".{root.name}.lock")):
        if not _is_complete(root, version):
            progress(f"Installing SGLang {version} beside {BASE}", 0.1)
            locked = overlay_lock(version)
            if locked is None:
                progress(
                    f"No hash of SGLang {version} is known here: taken as the index has it", 0.1
                )
            _fill(version, locked, root, base.python, run, pip_environ(environ))
    progress(f"SGLang {version} can be asked", 1.0)
    return root


def remove_overlay(version: str, *, environ: Mapping[str, str] = os.environ) -> bool:
    """Delete an overlay; tell whether there was one."""
    root = overlay_root(version, environ)
    if not is_there(root):
        return False
    shutil.rmtree(root)
    return True


def _fill(
    version: str,
    locked: Locked | None,
    root: Path,
    python: Path,
    run: child.Runner,
    env: Mapping[str, str],
) -> None:
    """Let pip unpack the wheel under another name, which becomes the right one at the end.

    A release that somebody has added by himself has no hash here; its wheel is not built at least.
    """
    new = root.with_name(f".{root.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    pip = [str(python), "-m", "pip", "install", "--no-deps", "--progress-bar", "off"]
    lock = root.with_name(f".{root.name}.txt")
    if locked is None:
        wanted = ["--only-binary", ":all:", f"sglang=={version}"]
    else:
        wanted = [*VERIFIED, "--requirement", str(write_lock([locked], lock))]
    try:
        command = [*pip, "--target", str(new), *wanted]
        run(command, doing=f"installing SGLang {version}", env=env, on_line=lambda _line: None)
        if not _is_complete(new, version):
            message = f"pip has installed something else than SGLang {version} in {new}"
            raise Failure(message)
        shutil.rmtree(root, ignore_errors=True)
        new.rename(root)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        lock.unlink(missing_ok=True)


def _is_complete(root: Path, version: str) -> bool:
    """An overlay gets its name when it is whole; its metadata says which release it is."""
    return is_there(root / f"sglang-{version}.dist-info" / "METADATA")
