"""Other Pythons that this machine has, each with an environment that runs the tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tools.conditions.condition import ROOT, Impossible

LOCKS = ("build.txt", "dev.txt")
VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def find(version: str) -> str:
    """Give the path of an interpreter of this version. Raises Impossible where there is none."""
    for candidate in _candidates(version):
        said = _ask(candidate, "import sys; print(sys.version_info[:2], sys.executable)")
        if said.startswith(f"({version.replace('.', ', ')}) "):
            return said.split(" ", 2)[2]
    msg = f"no python{version} on PATH, and pyenv has none"
    raise Impossible(msg)


def environment(version: str, python: str, home: Path) -> str:
    """Give the Python of an environment with deployer and its tests' packages, made if need be."""
    made = home / f"python{version}"
    if not (made / ".ready").exists():
        shutil.rmtree(made, ignore_errors=True)
        _run(python, "-m", "venv", str(made))
        pip = (str(made / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
        locks = [word for name in LOCKS for word in ("--requirement", str(ROOT / "locks" / name))]
        _run(*pip, "install", "--quiet", "--require-hashes", "--only-binary", ":all:", *locks)
        ours = ("--no-deps", "--no-index", "--no-build-isolation")
        _run(*pip, "install", "--quiet", *ours, "--editable", str(ROOT))
        (made / ".ready").touch()
    return str(made / "bin" / "python")


def _candidates(version: str) -> list[str]:
    found = [sys.executable] if version == f"3.{sys.version_info[1]}" else []
    found += [path for path in (shutil.which(f"python{version}"),) if path]
    if pyenv := shutil.which("pyenv"):
        listed = subprocess.run(
            [pyenv, "versions", "--bare"], capture_output=True, text=True, check=False
        ).stdout.split()
        for name in listed:
            if name == version or name.startswith(f"{version}."):
                where = subprocess.run(
                    [pyenv, "prefix", name], capture_output=True, text=True, check=False
                ).stdout.strip()
                found.append(f"{where}/bin/python{version}")
    return found


def _ask(python: str, code: str) -> str:
    """Give what it prints; nothing where it cannot be run (a shim of pyenv, another machine's)."""
    try:
        ran = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return ran.stdout.strip() if ran.returncode == 0 else ""


def _run(*words: str) -> None:
    ran = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if ran.returncode:
        last = (ran.stdout.strip().splitlines() or ["it said nothing"])[-1]
        msg = f"`{' '.join(words[:4])}` failed: {last}"
        raise Impossible(msg)
