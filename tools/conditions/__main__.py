"""`python -m tools.conditions [NAME...] [-- PYTEST WORDS]`: the tests under each condition.

Without names under all, without words those that need no engine and no wheels. Exit code 0 when
at least one was possible and none failed, 1 when one failed, 2 when none was possible.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tools.conditions.catalogue import CONDITIONS
from tools.conditions.condition import Condition, Impossible, Start
from tools.stages.family import adopt_orphans, end_descendants
from tools.stages.lanes import workers
from tools.stages.tally import tally

PASSED, FAILED, IMPOSSIBLE = "passed", "failed", "not possible here"


def main(arguments: list[str]) -> int:
    """Run the tests under each of the chosen conditions, and give the exit code."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(prog="python -m tools.conditions", description=__doc__)
    names = [each.name for each in CONDITIONS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--list", action="store_true", help="say which there are, and run none")
    options = parser.parse_args(arguments[:end])
    if unknown := sorted(set(options.names) - set(names)):
        parser.error(f"no such condition: {', '.join(unknown)}; there are {', '.join(names)}")
    if options.list:
        print("\n".join(f"{each.name:<16} {each.text}" for each in CONDITIONS))
        return 0
    words = arguments[end + 1 :] or ["-m", "not engine and not wheels"]
    adopt_orphans()
    chosen = [each for each in CONDITIONS if not options.names or each.name in options.names]
    results = [_run(each, words) for each in chosen]
    print(", ".join(f"{results.count(word)} {word}" for word in (PASSED, FAILED, IMPOSSIBLE)))
    if FAILED in results:
        return 1
    return 0 if PASSED in results else 2


def _run(condition: Condition, words: list[str]) -> str:
    """Run the tests under one condition, say what came of it, and give its word."""
    logs = Path(tempfile.mkdtemp(prefix=f"deployer-{condition.name}-"))
    logs.chmod(0o777)  # for the one who is somebody else
    print(f"{condition.name} ({condition.text}): started; its log is {logs / 'log'}", flush=True)
    began = time.monotonic()
    try:
        with condition.enter() as start:
            word, said = _tests(start, words, logs)
    except Impossible as reason:
        word, said = IMPOSSIBLE, str(reason)
    print(f"{condition.name}: {word}: {said} ({time.monotonic() - began:.0f} s)", flush=True)
    if word == FAILED:
        print("\n".join((logs / "log").read_text(errors="replace").splitlines()[-60:]))
    return word


def _tests(start: Start, words: list[str], logs: Path) -> tuple[str, str]:
    """Run them in several processes, which share the files."""
    files = logs / "files"
    files.mkdir()
    files.chmod(0o777)
    sharing = ("-p", "tools.stages.share", f"--share={files}", "-p", "no:cacheprovider")
    results = [logs / f"results-{number}.xml" for number in range(workers())]
    with (logs / "log").open("ab") as log:
        running = [
            subprocess.Popen(
                start.command([*words, *sharing, f"--junitxml={each}"]),
                cwd=start.folder,
                env=start.environ(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            for each in results
        ]
        codes = [each.wait() for each in running]
    end_descendants()
    try:
        tallies = [tally(each) for each in results]
    except (OSError, ValueError):
        return FAILED, f"pytest ended with {max(codes)} and told no result"
    passed, failed = sum(each[0] for each in tallies), sum(each[1] for each in tallies)
    skipped = sum((each[2] for each in tallies), Counter[str]())
    said = f"{passed} passed, {failed} failed, {skipped.total()} skipped"
    reasons = "".join(f"; {many} x {reason}" for reason, many in sorted(skipped.items()))
    fine = not any(codes) and passed > 0
    return PASSED if fine else FAILED, said + reasons


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
