"""How fast the command line starts, and what it must not import on the way.

Run it with `make bench`. It prints the median of several runs of each command, the Python
interpreter's own start beside it (figures of a shared machine are only worth comparing within one
run), and exits 1 if a command imports an engine, Modal or the OpenAI SDK.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 9
HEAVY = ("modal", "openai", "sglang", "torch", "transformers", "jinja2", "huggingface_hub")
DEPLOYER = [sys.executable, "-m", "deployer"]
PROFILE = "profiles/b200-fp8-eagle.yaml"

COMMANDS: tuple[tuple[str, list[str], float | None], ...] = (
    ("python -c pass", [sys.executable, "-c", "pass"], None),
    (
        "python -c 'import pydantic, yaml'",
        [sys.executable, "-c", "import pydantic.main, yaml"],
        None,
    ),
    ("deployer --help", [*DEPLOYER, "--help"], 0.25),
    ("deployer check PROFILE", [*DEPLOYER, "check", PROFILE], 0.4),
    ("deployer compile PROFILE", [*DEPLOYER, "compile", PROFILE], 0.4),
    ("deployer status", [*DEPLOYER, "status"], None),
)


def main() -> int:
    failed = 0
    print(f"{'command':<36} {'median':>8} {'best':>8} {'goal':>7}   heavy imports")
    for name, command, goal in COMMANDS:
        times = [seconds(command) for _ in range(RUNS)]
        heavy = imported(command) if goal is not None else []
        failed |= bool(heavy)
        wanted = f"{goal:.2f} s" if goal else "-"
        print(
            f"{name:<36} {statistics.median(times):>6.3f} s {min(times):>6.3f} s {wanted:>7}   "
            f"{', '.join(heavy) or 'none'}"
        )
    return int(failed)


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def imported(command: list[str]) -> list[str]:
    """Give the heavy packages that a command imports, from Python's own import log."""
    traced = [command[0], "-X", "importtime", *command[1:]]
    log = subprocess.run(traced, check=True, capture_output=True, text=True).stderr
    modules = {line.rpartition("|")[2].strip().partition(".")[0] for line in log.splitlines()}
    return sorted(modules & set(HEAVY))


if __name__ == "__main__":
    sys.exit(main())
