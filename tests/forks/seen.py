"""Says what it was started with, as JSON, and ends as its last word says: for `test_forks.py`."""

import json
import os
import signal
import sys

if __name__ == "__main__":
    handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
    seen = {
        "words": sys.argv[1:],
        "folder": os.getcwd(),  # noqa: PTH109 - nothing else is imported
        "environment": {name: os.environ.get(name) for name in ("A", "HOME", "PYTHONPATH")},
        "leads": os.getsid(0) == os.getpgid(0) == os.getpid(),
        "signals": [str(signal.getsignal(each)) for each in handled],
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "terminal": os.isatty(0) and os.tcgetpgrp(0) == os.getpid(),
        "site": getattr(sys.modules.get("sitecustomize"), "WHOSE", ""),
    }
    sys.stdout.write(f"{json.dumps(seen)}\n{'' if os.isatty(0) else sys.stdin.read()}")
    sys.stdout.flush()
    if sys.argv[-1] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    sys.exit(int(sys.argv[-1]))
