"""A download in a process of its own, to be killed: ``download_once.py FOLDER COMMIT [LIMIT]``.

``LIMIT`` bounds, in bytes, what a file may grow to, as a full disk would (setrlimit(2)); files
are then fetched one by one, so that what is left to fetch is the same each time. Events
are lines of JSON on standard output; a failure ends it with 1.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from deployer.errors import Failure
from deployer.release import ModelSource
from deployer.serve.weights.download import download
from deployer.serve.weights.pace import Pace

commits: list[int] = []


def commit_or_die() -> None:
    """Commit nothing, and die in the commit that ``DIE_IN`` counts to."""
    commits.append(1)
    if os.environ.get("DIE_IN") == str(len(commits)):
        os.kill(os.getpid(), signal.SIGKILL)


folder, commit, *limit = sys.argv[1:]
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit[0]), int(limit[0])))
pace = Pace(workers=1 if limit else 2, piece=8192, first_wait=0.01, longest_wait=0.02, tick=0.05)
try:
    download(
        ModelSource("huggingface", "tiny/model", "main", folder, "tiny", commit=commit),
        commit=commit_or_die,
        tell=lambda event: print(event.to_json(), flush=True),  # noqa: T201 - the test reads it
        pace=Pace(
            workers=1 if limit else 2, piece=8192, first_wait=0.01, longest_wait=0.02, tick=0.05
        ),
    )
except Failure:
    sys.exit(1)
