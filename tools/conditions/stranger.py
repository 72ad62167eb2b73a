"""A user who owns nothing: neither the checkout, nor the environment, nor a home."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.conditions.condition import ROOT, Impossible, Start
from tools.conditions.interpreters import environment, find

_UID = 54321
"""A number that nobody has: below those of containers, above those of people."""

_ANYBODYS = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}
"""So that git reads a repository that is somebody else's."""

_LEFT_OUT = {".venv", ".git", "build", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


@contextmanager
def stranger(folder: Path) -> Iterator[Start]:
    """Give how to start the tests as that user. ``folder`` is made readable for everybody.

    Root may write anywhere, and becomes the user; anybody else is one already, and gets a home
    that cannot be written.
    """
    folder.chmod(0o755)
    home, temporary = folder / "home", folder / "tmp"
    home.mkdir(mode=0o555)
    temporary.mkdir()
    variables = {"HOME": str(home), "TMPDIR": str(temporary)}
    without = frozenset(name for name in os.environ if name.startswith("XDG_"))
    if os.geteuid() != 0:
        yield Start(variables=variables, without=without)
        return
    os.chown(temporary, _UID, _UID)
    script = Path(__file__).with_name("become.py")
    checkout = folder / "checkout"
    shutil.copytree(ROOT, checkout, ignore=lambda _, names: _LEFT_OUT & set(names), symlinks=True)
    git = shutil.which("git") or "git"
    for words in (("init", "--quiet"), ("add", "--all")):  # some tests ask git what there is
        subprocess.run([git, *words], cwd=checkout, check=True)
    system = _readable_python(script, folder)
    python = environment(f"{sys.version_info[0]}.{sys.version_info[1]}", system, folder)
    shutil.copy(script, folder)
    yield Start(
        before=(system, "-I", "-S", str(folder / script.name), f"uid={_UID}", "--"),
        python=python,
        variables={
            **variables,
            **_ANYBODYS,
            "PYTHONPATH": str(checkout),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        without=without,
        folder=checkout,
    )


def _readable_python(script: Path, folder: Path) -> str:
    """Give a Python of this version that others may run."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for path in (os.path.realpath(sys.executable), f"/usr/bin/python{version}", find(version)):
        shutil.copy(script, folder)
        words = [path, "-I", "-S", str(folder / script.name), f"uid={_UID}", "--", path, "-V"]
        try:
            if subprocess.run(words, capture_output=True, check=False).returncode == 0:
                return path
        except OSError:
            continue
    msg = f"no Python {version} here that another user may run"
    raise Impossible(msg)
