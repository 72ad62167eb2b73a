"""How much time a commit before took for the same commands, in one run beside this checkout.

`make bench` runs it with the commit that the goal was set for. Both trees are run by one
interpreter, in turns, and the CPU seconds of each pair are compared (a process's own and its
children's, `git` among them): a machine that is busy with something else makes both slower. The
goal is a ratio of 0.6. It is printed and fails nothing, for a figure of a shared machine is none to
stop a commit with. Then it checks 100 and 1,000 profiles, and prints the seconds of each.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

COMMIT = "182dce7"
GOAL = 0.6
ROUNDS = 15
PROFILE = "profiles/b200-fp8-eagle.yaml"
FOUR_STEPS = ("  num_steps: 3", "  num_steps: 4")
MANY = (100, 1000)


def main() -> int:
    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="deployer-beside-") as folder:
        before = Path(folder) / "before"
        add = ["git", "worktree", "add", "--quiet", "--detach", str(before), COMMIT]
        if subprocess.run(add, check=False).returncode:
            print(f"{COMMIT} is not in this clone, so nothing is compared")
        else:
            try:
                _compare(here, before, Path(folder))
            finally:
                remove = ["git", "worktree", "remove", "--force", str(before)]
                subprocess.run(remove, check=True)
        _many(here, Path(folder))
    return 0


def _compare(here: Path, before: Path, folder: Path) -> None:
    profile = here / PROFILE
    changed = folder / "changed.yaml"
    changed.write_text(profile.read_text(encoding="utf-8").replace(*FOUR_STEPS), encoding="utf-8")
    print(
        f"{'CPU seconds, median':<24} {COMMIT:>9} {'here':>9} {'ratio of pairs':>15}   goal {GOAL}"
    )
    for words in (["check", str(profile)], ["diff", str(profile), str(changed)]):
        for tree in (before, here):
            _seconds(tree, words)  # compiles to bytecode
        pairs = [(_seconds(before, words), _seconds(here, words)) for _ in range(ROUNDS)]
        old, new = (statistics.median(each) for each in zip(*pairs, strict=True))
        ratio = statistics.median(new / old for old, new in pairs)
        print(f"deployer {words[0]:<15} {old:>7.3f} s {new:>7.3f} s {ratio:>15.2f}")


def _many(here: Path, folder: Path) -> None:
    """Check profiles of which each has its own name, app, volumes and secrets."""
    text = (here / PROFILE).read_text(encoding="utf-8")
    for many in MANY:
        place = folder / f"of-{many}"
        place.mkdir()
        for number in range(many):
            own = text.replace("b200-fp8-eagle", f"p{number}").replace("glm51", f"glm51-{number}")
            (place / f"p{number}.yaml").write_text(own, encoding="utf-8")
        taken = _seconds(here, ["check", str(place)])
        each = taken / many
        print(f"check of {many:>5} profiles: {taken:>7.2f} s CPU, {1000 * each:>6.2f} ms each")


def _seconds(tree: Path, words: list[str]) -> float:
    """Give the CPU seconds of one command of a tree, with bytecode from the run before."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "deployer", *words],
        cwd=tree, env={**env, "PYTHONPATH": str(tree)}, check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime


if __name__ == "__main__":
    sys.exit(main())
