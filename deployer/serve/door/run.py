"""Becomes the door of a supervisor. A script: ``run.py --listen FD --control FD``.

It is told everything over the control socket, one JSON line each, and ends when the other end of it
is closed: a door without a supervisor has nothing behind it. SIGTERM and SIGINT are the
supervisor's to act on, and are ignored here.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[3])
    gc.disable()  # what is imported is no garbage
    if not any(name.startswith("OTEL_") for name in os.environ):
        # Only traces may leave by TLS, and aiohttp reads all of the machine's certificates when it
        # is imported: a fifth of a start. Without the module both it and asyncio do without.
        modules: dict[str, Any] = sys.modules
        modules["ssl"] = None

import asyncio
import socket
from contextlib import suppress

from deployer.serve.door.attend import attend


def main() -> int:
    """Serve until the supervisor goes."""
    parser = argparse.ArgumentParser(prog="deployer.serve.door", description=__doc__)
    parser.add_argument("--listen", type=int, required=True, help="the listening socket")
    parser.add_argument("--control", type=int, required=True, help="the supervisor's socket")
    options = parser.parse_args()
    gc.freeze()
    gc.enable()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    listening, control = socket.socket(fileno=options.listen), socket.socket(fileno=options.control)
    with suppress(ConnectionError):
        asyncio.run(attend(listening, control))
    return 0


if __name__ == "__main__":
    sys.exit(main())
