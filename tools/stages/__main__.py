"""`python -m tools.stages check|test`: exit code 0 when every stage ran something and passed."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tools.stages import lanes
from tools.stages.run import Run, Stopped
from tools.stages.summary import summary


def main() -> int:
    """Run the stages, say what was run, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.stages", description=__doc__)
    parser.add_argument("what", choices=("check", "test"))
    what = parser.parse_args().what
    logs = Path(tempfile.mkdtemp(prefix="deployer-stages-"))
    chosen = lanes.check(logs) if what == "check" else lanes.test(logs)
    names = [stage.name for lane in chosen for stage in lane]
    run = Run(chosen, logs, lambda text: print(text, flush=True))
    code = 0
    try:
        run.whole()
    except Stopped as stopped:
        print(f"stopped by {stopped}")
        code = 128 + stopped.number
    ran = [outcome.name for outcome in run.outcomes]
    unrun = [name for name in names if name not in ran]
    left = [] if code else [f"{pid} {title}" for pid, title in sorted(run.left.items())]
    print(summary(run.outcomes, left, unrun))
    if code == 0 and (unrun or left or not all(outcome.fine for outcome in run.outcomes)):
        code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
