"""How fast the command line is, and what it must not import on the way.

Run it with `make bench`. It prints the median of several runs of each command, with the Python
interpreter's own start and other tools of the field beside it (figures of a shared machine are
only worth comparing within one run), and exits 1 if a command imports an engine, Modal or the
OpenAI SDK. `make bench-peers` installs the other tools once, in an environment of their own; what
is not installed is left out and said.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from peers import CLOUDFORMATION, peers

RUNS = 9
HEAVY = (
    "modal",
    "openai",
    "sglang",
    "torch",
    "transformers",
    "jinja2",
    "huggingface_hub",
)
DEPLOYER = [sys.executable, "-m", "deployer"]
PROFILE = "profiles/b200-fp8-eagle.yaml"
MANY = 100
"""Profiles that are checked in one call."""

FOUR_STEPS = ("  num_steps: 3", "  num_steps: 4")
"""The one-line change that `diff` is timed with."""


@dataclass(frozen=True)
class Timed:
    """A command, the seconds that it may take (the project's own goal), and how often to run it.

    ``own`` are deployer's commands, whose imports are looked at. ``codes`` are what it may exit
    with: `status` says by 1 that it could not ask Modal.
    """

    name: str
    command: list[str]
    goal: float | None = None
    own: bool = False
    runs: int = RUNS
    codes: tuple[int, ...] = (0,)


def main() -> int:
    failed = False
    with tempfile.TemporaryDirectory(prefix="deployer-bench-") as folder:
        rows = [*baseline(), *own(Path(folder)), *peers_timed(Path(folder))]
        print(f"{'command':<40} {'median':>8} {'best':>8} {'goal':>7}   heavy imports")
        for row in rows:
            times = [seconds(row) for _ in range(row.runs)]
            heavy = imported(row) if row.own else []
            failed |= bool(heavy)
            print(line(row, times, heavy))
    for missing in peers().missing:
        print(f"{missing} is not installed: `make bench-peers` installs it")
    return int(failed)


def baseline() -> list[Timed]:
    python = sys.executable
    return [
        Timed("python -c pass", [python, "-c", "pass"]),
        Timed("python -c 'import click, yaml'", [python, "-c", "import click, yaml"]),
    ]


def own(folder: Path) -> list[Timed]:
    """Give deployer's commands; the profiles that they need are written below ``folder``."""
    text = Path(PROFILE).read_text(encoding="utf-8")
    many = [folder / f"profile-{number}.yaml" for number in range(MANY)]
    for number, path in enumerate(many):
        path.write_text(text.replace("b200-fp8-eagle", f"profile-{number}"), encoding="utf-8")
    changed = folder / "changed.yaml"
    changed.write_text(text.replace(*FOUR_STEPS), encoding="utf-8")
    launch = ["--", "python3", "-m", "sglang.launch_server", "--model-path", "m", "--tp", "8"]
    commands: list[tuple[str, list[str], float | None, int]] = [
        ("deployer --help", ["--help"], 0.25, RUNS),
        ("deployer check PROFILE", ["check", PROFILE], 0.4, RUNS),
        (
            "deployer check --engine V -- COMMAND",
            ["check", "--engine", "0.5.23", *launch],
            0.4,
            RUNS,
        ),
        ("deployer compile PROFILE", ["compile", PROFILE], 0.4, RUNS),
        ("deployer diff OLD NEW", ["diff", PROFILE, str(changed)], 0.4, RUNS),
        (f"deployer check, {MANY} profiles", ["check", *map(str, many)], 3.0, 3),
        ("deployer status", ["status"], None, RUNS),
    ]
    return [
        Timed(
            name,
            [*DEPLOYER, *words],
            goal,
            own=True,
            runs=runs,
            codes=(0, 1) if words == ["status"] else (0,),
        )
        for name, words, goal, runs in commands
    ]


def peers_timed(folder: Path) -> list[Timed]:
    """Give the other tools that are installed, each doing its smallest useful thing."""
    template = folder / "template.yaml"
    template.write_text(CLOUDFORMATION, encoding="utf-8")
    modal = shutil.which("modal", path=str(Path(sys.executable).parent))
    found = [Timed("modal --help", [modal, "--help"])] if modal else []
    return found + [
        Timed(name, [word.format(template=template, profile=PROFILE) for word in words])
        for name, words in peers().commands
    ]


def line(row: Timed, times: list[float], heavy: list[str]) -> str:
    wanted = f"{row.goal:.2f} s" if row.goal else "-"
    looked = (", ".join(heavy) or "none") if row.own else "-"
    middle, best = statistics.median(times), min(times)
    return f"{row.name:<40} {middle:>6.3f} s {best:>6.3f} s {wanted:>7}   {looked}"


def seconds(row: Timed) -> float:
    start = time.perf_counter()
    ran(row, row.command)
    return time.perf_counter() - start


def ran(row: Timed, command: list[str]) -> str:
    """Run it, and give what it says beside its result; it must end as it is meant to."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode not in row.codes:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stderr


def imported(row: Timed) -> list[str]:
    """Give the heavy packages that a command imports, from Python's own import log."""
    log = ran(row, [row.command[0], "-X", "importtime", *row.command[1:]])
    modules = {line.rpartition("|")[2].strip().partition(".")[0] for line in log.splitlines()}
    return sorted(modules & set(HEAVY))


if __name__ == "__main__":
    sys.exit(main())
