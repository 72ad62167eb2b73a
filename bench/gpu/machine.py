"""What a measurement was made on: the GPU, its driver, the engine's packages, the date."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

from options import refuse

PACKAGES = (
    "sglang", "sglang-kernel", "torch", "transformers", "triton", "flashinfer-python",
    "sgl-deep-gemm", "xgrammar",
)  # fmt: skip
"""The packages whose versions change what is measured."""

MAKES_ONE = (
    "`--python` names the interpreter of an engine's environment, and `deployer engine install "
    "0.5.17 --gpu` makes one"
)

ASK = (
    "import importlib.metadata as m, json, sys\n"
    "def v(n):\n"
    "    try: return m.version(n)\n"
    "    except m.PackageNotFoundError: return None\n"
    "print(json.dumps({'python': sys.version.split()[0], **{n: v(n) for n in sys.argv[1:]}}))"
)


def describe(python: str) -> dict[str, Any]:
    """Say what this machine and the engine environment of ``python`` are; None for no GPU."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "gpu": gpu(),
        "cpus": os.cpu_count(),
        "kernel": platform.release(),
        "versions": versions(python),
    }


def with_engine(python: str) -> dict[str, Any]:
    """Describe this machine; ends the script with 2 where ``python`` has no SGLang to measure."""
    found = describe(python)
    if found["versions"]["sglang"] is None:
        refuse(f"{python} has no SGLang; {MAKES_ONE}")
    return found


def gpu() -> dict[str, Any] | None:
    """Ask the driver for the first GPU, and how many there are; None where there is no driver."""
    rows = ask("name,memory.total,driver_version")
    if not rows:
        return None
    name, total, driver = (word.strip() for word in rows[0].split(","))
    return {"name": name, "mib": int(total), "driver": driver, "count": len(rows)}


def used(gpu: int | None = None) -> int:
    """Give the MiB that are taken of a GPU, of the fullest where none is named; 0 without one."""
    each = used_each()
    if not each:
        return 0
    return max(each) if gpu is None else each[gpu]


def used_each() -> list[int]:
    """Give the MiB that are taken of every GPU."""
    return [int(row) for row in ask("memory.used")]


def ask(fields: str) -> list[str]:
    """Query nvidia-smi, a row a GPU; nothing where it is missing or fails."""
    words = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits"]
    try:
        ran = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return []
    return ran.stdout.strip().splitlines()


def versions(python: str) -> dict[str, str | None]:
    """Read the versions of the engine's packages; None for one that is not there."""
    words = [python, "-c", ASK, *PACKAGES]
    try:
        ran = subprocess.run(words, capture_output=True, text=True, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        refuse(f"--python: {python} does not run: {error}; {MAKES_ONE}")
    return dict(json.loads(ran.stdout))


def write(path: Path, value: dict[str, Any]) -> None:
    """Write a result whole, so that a run that is cut off leaves what was measured so far."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    part.replace(path)
