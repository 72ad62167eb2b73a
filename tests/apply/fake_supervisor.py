"""A small honest supervisor: it speaks the events protocol, and its engine answers the port.

How it behaves stands in the release's environment, so that it travels like everything else:
``FAKE_FAULT`` is one of ``die`` (at once, without a word), ``fail`` (says so), ``deaf`` (takes
note of SIGTERM in ``asked-to-end``, and goes on), ``mute`` (serves and its health fails), ``stay``
(its engine outlives it), and ``FAKE_LOAD`` and ``FAKE_DRAIN`` are seconds. Standard library only:
it runs without deployer.
"""

import argparse
import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO

PR_SET_PDEATHSIG = 1


HELD = "a pool of 5 tokens, weights of 1.00 GiB, graphs of 0.00 GiB"
"""What it tells of the engine's memory."""


class Engine(BaseHTTPRequestHandler):
    key = ""
    fault = ""

    def do_GET(self) -> None:
        if self.path == "/health":
            self._answer(503 if self.fault == "mute" else 200)
        else:
            given = self.headers.get("Authorization", "")
            self._answer(200 if given == f"Bearer {self.key}" or not self.key else 401)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        print(format % args, flush=True)  # noqa: T201 - an engine's log is its output


def engine(port: int, fault: str) -> None:
    if fault != "stay":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    Engine.key, Engine.fault = os.environ.get("FAKE_KEY", ""), fault
    ThreadingHTTPServer.request_queue_size = 2048  # uvicorn's own
    server = ThreadingHTTPServer(("127.0.0.1", port), Engine)
    print("fired up", flush=True)  # noqa: T201
    server.serve_forever()


class Supervisor:
    def __init__(self, release: dict[str, Any], log: Path, events: Path) -> None:
        self._release = release
        self._log = log
        self._events = events
        self._stop = threading.Event()
        wishes = {each["name"]: each["value"] for each in release["environment"]}
        self._fault = wishes.get("FAKE_FAULT", "")
        self._load = float(wishes.get("FAKE_LOAD", "0"))
        self._drain = float(wishes.get("FAKE_DRAIN", "0"))

    def run(self) -> int:
        signal.signal(signal.SIGTERM, self._receive)
        self._tell("launch", "started")
        if self._fault == "die":
            sys.stderr.write("Traceback: the supervisor itself broke\n")
            return 3
        with self._log.open("ab") as log:
            child = self._start_engine(log)
        self._tell("launch", "done", seconds=0.25)
        self._tell("load", "started")
        self._wait_for_port()
        if self._stop.wait(self._load):
            return self._end(child)
        if self._fault == "fail":
            child.kill()
            child.wait()
            self._tell("ended", "failed", "the engine ran out of memory", detail=["OOM"])
            return 1
        self._tell("load", "done", seconds=0.5)
        self._tell("memory", "done", HELD)
        self._tell("warmup", "done", seconds=0.5)
        self._tell("serving", "started", "ready")
        self._stop.wait()
        return self._end(child)

    def _start_engine(self, log: BinaryIO) -> subprocess.Popen[bytes]:
        listen = self._release["listen"]
        variable = listen["api_key_variable"]
        words = [sys.executable, "-S", __file__, "--engine", str(listen["port"]), self._fault]
        environ = os.environ | {"FAKE_KEY": os.environ.get(variable, "")}
        return subprocess.Popen(
            words, env=environ, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )

    def _wait_for_port(self) -> None:
        address = ("127.0.0.1", self._release["listen"]["port"])
        while not self._stop.is_set():
            with contextlib.suppress(OSError), socket.create_connection(address, timeout=60):
                return
            time.sleep(0.02)

    def _receive(self, *_: object) -> None:
        if self._fault != "deaf":
            self._stop.set()
        else:
            self._events.with_name("asked-to-end").touch()

    def _end(self, child: subprocess.Popen[bytes]) -> int:
        self._tell("drain", "started")
        time.sleep(self._drain)
        if self._fault != "stay":
            child.terminate()
            child.wait()
        self._tell("ended", "done", "stopped")
        return 0

    def _tell(
        self,
        phase: str,
        state: str,
        message: str = "",
        *,
        seconds: float = 0.0,
        detail: list[str] | None = None,
    ) -> None:
        event = {
            "time": time.time(),
            "phase": phase,
            "state": state,
            "message": message or f"{phase} {state}",
            "seconds": seconds,
            "detail": detail or [],
        }
        with self._events.open("a") as file:
            file.write(json.dumps(event) + "\n")


def main() -> int:
    if sys.argv[1] == "--engine":
        engine(int(sys.argv[2]), sys.argv[3])
        return 0
    parser = argparse.ArgumentParser()
    for name in ("--release", "--log", "--events"):
        parser.add_argument(name, type=Path, required=True)
    options, _ = parser.parse_known_args()
    release = json.loads(options.release.read_text())
    return Supervisor(release, options.log, options.events).run()


if __name__ == "__main__":
    sys.exit(main())
