"""The usual way to keep an engine: poll it every ten seconds, terminate it, wait thirty, no door.

A re-implementation for `bench/reliability.py` alone, in the manner of the scripts that start an
engine with ``subprocess`` in a container: it sees what a poll sees, and clients reach the engine.
It prints a line for what it sees, with the time.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.request
from types import FrameType

POLL = 10.0
GRACE = 30.0


def main() -> int:
    """Run the engine given by the arguments, after its port; gives its exit code."""
    port, words = sys.argv[1], sys.argv[2:]
    engine = subprocess.Popen(words)

    def end(_number: int, _frame: FrameType | None) -> None:
        engine.terminate()
        try:
            engine.wait(GRACE)
        except subprocess.TimeoutExpired:
            engine.kill()
        say("stopped")
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    while not healthy(port):
        if engine.poll() is not None:
            say("dead")
            return 1
        time.sleep(POLL)
    say("serving")
    while True:
        time.sleep(POLL)
        if engine.poll() is not None:
            say("dead")
            return 1
        if not healthy(port):
            say("unhealthy")
            engine.kill()
            return 1


def healthy(port: str) -> bool:
    """Ask for ``/health`` as such scripts do."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP
    except OSError:
        return False


def say(what: str) -> None:
    """Say what was seen, and when."""
    sys.stdout.write(f"{time.time()} {what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
