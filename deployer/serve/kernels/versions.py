"""Which versions of what makes kernels are in this container, asked without importing any of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from deployer.serve.kernels.marker import Version
from deployer.serve.packages import answer, package_versions

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


def found_versions(python: str, environ: Mapping[str, str]) -> tuple[Version, ...]:
    """Ask the engine's own Python, and ``nvcc``; what does not answer is left out."""
    packages = package_versions(python, environ, PACKAGES)
    nvcc = _nvcc(environ)
    return tuple(
        Version(name, version)
        for name, version in sorted({**packages, **({"nvcc": nvcc} if nvcc else {})}.items())
    )


def _nvcc(environ: Mapping[str, str]) -> str:
    """Give nvcc's major and minor version, which DeepGEMM hashes; '' where there is none."""
    home = Path(environ.get("CUDA_HOME") or environ.get("CUDA_PATH") or "/usr/local/cuda")
    path = shutil.which("nvcc", path=environ.get("PATH", "")) or str(home / "bin" / "nvcc")
    found = re.search(r"release (\d+\.\d+)", answer([path, "--version"], environ))
    return found[1] if found else ""
