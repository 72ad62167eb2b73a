"""Measures what a large account costs the verbs that list it: a thousand versions, 500 apps.

Run it with ``make bench-account`` on a machine with nothing else to do. Each verb is a process of
its own, as a user starts it, and asks the control plane of the tests; what it takes to import
Modal's client stands beside it, since figures of a shared machine are only worth comparing within
one run. Prints Markdown; exits 1 where a verb is above its goal.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from deployer.release import Release
from tests.apply.modal.conftest import TEMPLATE
from tests.apply.modal.many import deploy, deploy_often
from tests.fakes.modal.plane import ControlPlane

VERSIONS, APPS = 1000, 500
RUNS = 3
DEPLOYER = [sys.executable, "-m", "deployer"]

GOAL = 5.0
"""Seconds that a verb may take."""


@dataclass(frozen=True)
class Taken:
    """Seconds of a process: by the clock, of its CPU, and of the control plane's CPU meanwhile."""

    wall: float
    cpu: float
    plane: float


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="deployer-bench-") as place:
        folder = Path(place)
        with ControlPlane(folder / "plane") as plane:
            release = compiled(folder)
            deploy_often(plane, release, "tiny-app", VERSIONS)
            history = ["history", "tiny-app", "--limit", "0"]
            rows = [("the import of Modal's client", [sys.executable, "-c", ALONE], True)]
            rows += [
                (f"`history` of {VERSIONS:,} versions, for the first time", history, True),
                ("the same again", history, False),
                ("the newest 50", ["history", "tiny-app"], True),
            ]
            found = measured(plane, folder, rows)
            plane.state.apps.clear()
            for number in range(APPS):
                deploy(plane, release, f"app-{number:03}")
            rows = [
                (f"`status` of {APPS:,} apps, for the first time", ["status"], True),
                ("the same again", ["status"], False),
            ]
            found += measured(plane, folder, rows)
    print("| | wall, s | its CPU, s | times the client's CPU | the control plane's CPU, s |")
    print("|---|--:|--:|--:|--:|")
    alone = found[0][1]
    for name, one in found:
        cells = f"{one.wall:.2f} | {one.cpu:.2f} | {one.cpu / alone.cpu:.1f} | {one.plane:.2f}"
        print(f"| {name} | {cells} |")
    return int(any(one.wall > GOAL for _, one in found))


ALONE = "import modal; from modal_proto import api_pb2"


def compiled(folder: Path) -> Release:
    """Give the release that a small profile compiles to."""
    path = folder / "tiny.yaml"
    path.write_text(TEMPLATE.format(name="tiny", root=folder, port=8000), encoding="utf-8")
    words = [*DEPLOYER, "compile", str(path), "--format", "json"]
    return Release.from_json(subprocess.run(words, check=True, capture_output=True).stdout.decode())


def measured(
    plane: ControlPlane, folder: Path, rows: list[tuple[str, list[str], bool]]
) -> list[tuple[str, Taken]]:
    """Give the median of some runs of each; ``fresh`` ones find nothing on this machine."""
    found = []
    for number, (name, words, fresh) in enumerate(rows):
        command = words if words[0] == sys.executable else [*DEPLOYER, *words]
        taken = []
        for run in range(RUNS):
            state = folder / f"state-{number}-{run}" if fresh else folder / f"state-{number - 1}-0"
            variables = {**os.environ, **plane.variables(), "XDG_STATE_HOME": str(state)}
            taken.append(timed(command, variables))
        found.append((name, Taken(*map(statistics.median, zip(*taken, strict=True)))))
    return found


def timed(command: list[str], variables: dict[str, str]) -> tuple[float, float, float]:
    """Run a command; gives the seconds of the clock, of its CPU and of this process's CPU."""
    before, own, began = of_children(), time.process_time(), time.perf_counter()
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - began
    if ended.returncode:
        sys.exit(f"{' '.join(command)}: exit {ended.returncode}\n{ended.stderr}")
    return wall, of_children() - before, time.process_time() - own


def of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
