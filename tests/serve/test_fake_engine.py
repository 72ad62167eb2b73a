"""The fake engine does what it is told by signals."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.ports import free_port

from .living import PATIENCE, wait_for

pytestmark = pytest.mark.process


def test_it_hears_a_signal_whichever_thread_is_given_it() -> None:
    script = Path(__file__).with_name("fake_engine.py")
    words = [sys.executable, "-I", "-S", str(script), "--model-path", "x", "--host", "127.0.0.1"]
    port = free_port()
    with subprocess.Popen(
        [*words, "--port", str(port)], stdout=subprocess.PIPE, start_new_session=True
    ) as engine:
        try:
            assert engine.stdout is not None
            while b"loaded" not in engine.stdout.readline():
                assert engine.poll() is None
            health = f"http://127.0.0.1:{port}/health"
            wait_for(lambda: requests.get(health, timeout=PATIENCE).ok)
            threads = {int(each.name) for each in Path(f"/proc/{engine.pid}/task").iterdir()}
            (other, *_) = threads - {engine.pid}
            assert ctypes.CDLL(None).tgkill(engine.pid, other, signal.SIGTERM) == 0
            engine.wait(PATIENCE)
        finally:
            engine.kill()
