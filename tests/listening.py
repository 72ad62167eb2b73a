"""Lets a test's own HTTP server answer while a block runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from typing import TypeVar

ServerT = TypeVar("ServerT", bound=BaseServer)

_LOOK_EVERY = 0.01
"""Seconds between two looks whether the block has ended; half a second is the library's own."""


@contextmanager
def listening(server: ServerT) -> Iterator[ServerT]:
    """Answer until the block ends; the port is free and nothing of ours runs behind it."""
    thread = threading.Thread(target=server.serve_forever, args=(_LOOK_EVERY,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
