"""Which versions of what makes kernels are in this container, asked without importing any of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deployer.codec import read_json
from deployer.credentials import without_credentials
from deployer.serve.kernels.marker import Version

PACKAGES = (
    "sglang",
    "deep_gemm",
    "sgl-deep-gemm",
    "sgl-kernel",
    "sglang-kernel",
    "torch",
    "triton",
)
"""DeepGEMM came with sglang-kernel up to 0.5.10 and is sgl-deep-gemm in 0.5.23 (their wheels)."""

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


def found_versions(python: str, environ: Mapping[str, str]) -> tuple[Version, ...]:
    """Ask the engine's own Python, and ``nvcc``; what does not answer is left out."""
    answer = _answer([python, "-c", ASK, *PACKAGES], environ)
    try:
        packages = read_json(answer or "{}")
    except ValueError:
        packages = {}
    nvcc = _nvcc(environ)
    return tuple(
        Version(name, str(version))
        for name, version in sorted({**packages, **({"nvcc": nvcc} if nvcc else {})}.items())
    )


def _nvcc(environ: Mapping[str, str]) -> str:
    """Give nvcc's major and minor version, which DeepGEMM hashes; '' where there is none."""
    home = Path(environ.get("CUDA_HOME") or environ.get("CUDA_PATH") or "/usr/local/cuda")
    path = shutil.which("nvcc", path=environ.get("PATH", "")) or str(home / "bin" / "nvcc")
    found = re.search(r"release (\d+\.\d+)", _answer([path, "--version"], environ))
    return found[1] if found else ""


def _answer(words: list[str], environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            words,
            env=without_credentials(environ),  # a container has its secrets in there
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""
