"""How much time a commit before took for the same commands, in one run beside this checkout.

`make bench` runs it with the commit that the goal was set for. Both trees are run by one
interpreter, one after the other, and their CPU seconds are compared: a machine that is busy with
something else makes both slower. The goal is a ratio of 0.6. It is printed and fails nothing, for
a figure of a shared machine is none to stop a commit with.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

COMMIT = "182dce7"
GOAL = 0.6
ROUNDS = 7
PROFILE = "profiles/b200-fp8-eagle.yaml"
FOUR_STEPS = ("  num_steps: 3", "  num_steps: 4")


def main() -> int:
    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="deployer-beside-") as folder:
        before = Path(folder) / "before"
        add = ["git", "worktree", "add", "--quiet", "--detach", str(before), COMMIT]
        if subprocess.run(add, check=False).returncode:
            print(f"{COMMIT} is not in this clone, so nothing is compared")
            return 0
        try:
            _compare(here, before, Path(folder))
        finally:
            remove = ["git", "worktree", "remove", "--force", str(before)]
            subprocess.run(remove, check=True)
    return 0


def _compare(here: Path, before: Path, folder: Path) -> None:
    profile = here / PROFILE
    changed = folder / "changed.yaml"
    changed.write_text(profile.read_text(encoding="utf-8").replace(*FOUR_STEPS), encoding="utf-8")
    print(f"{'command':<24} {COMMIT:>9} {'here':>9} {'ratio':>6}   goal {GOAL}")
    for words in (["check", str(profile)], ["diff", str(profile), str(changed)]):
        best = {tree: float("inf") for tree in (before, here)}
        for _ in range(ROUNDS):
            for tree in (before, here):
                best[tree] = min(best[tree], _seconds(tree, words))
        old, new = best[before], best[here]
        print(f"deployer {words[0]:<15} {old:>7.3f} s {new:>7.3f} s {new / old:>6.2f}")


def _seconds(tree: Path, words: list[str]) -> float:
    """Give the CPU seconds of one command of a tree."""
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "deployer", *words],
        cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime


if __name__ == "__main__":
    sys.exit(main())
