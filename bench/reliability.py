"""Measures how a server's troubles are seen and borne, beside the usual way (`bench/usual.py`).

Run it with ``python -m bench.reliability`` on a machine with nothing else to do. The engine is the
one without a model of the tests, under both: real processes, really killed. Prints Markdown.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import requests

from deployer.serve.control import address
from deployer.serve.processes import all_processes, title
from tests.ports import free_port
from tests.serve.living import (
    FAKE,
    KEY,
    Supervisor,
    environ,
    make_release,
    relatives,
)

TIMES = 5
SEEN_WITHIN = 45.0
"""Seconds after which the usual way has not seen a thing, and will not."""

HANG = 2.0
CHILDREN = ("--children", "sglang::scheduler", "sglang::detokenizer")
ARRIVALS = 0.1
EARLY, DIED = "--exit-early", "died"


@dataclass
class Server:
    """One server, kept in either way."""

    name: str
    flags: tuple[str, ...]
    folder: Path
    marker: str = field(default_factory=lambda: f"bench-{uuid.uuid4().hex}")
    port: int = 0

    def start(self) -> None:
        """Start it."""
        self.began = time.time()
        if EARLY in self.flags:
            self.flags = (*self.flags, "--note", str(self.folder / DIED))
        if self.name == "ours":
            release = make_release(*self.flags, hang=HANG, drain=30.0, restarts=0)
            self.port = release.listen.port
            self.supervisor = Supervisor(release, self.folder, self.marker)
            self.process = self.supervisor.process
        else:
            self.port = self.port or free_port()
            words = [
                sys.executable,
                "-m",
                "bench.usual",
                str(self.port),
                sys.executable,
                "-I",
                "-S",
            ]
            words += [str(FAKE), "--model-path", "m", "--port", str(self.port), *self.flags]
            self.out = (self.folder / "out").open("wb")
            variables = {**os.environ, "MARKER": self.marker}
            self.process = subprocess.Popen(words, stdout=self.out, env=variables)

    def replaced(self) -> None:
        """Put another release in its place, as whoever keeps it so does; returns when it serves."""
        if self.name == "ours":
            asked = {
                "do": "turn",
                "release": replace(self.supervisor.release, name="another").to_json(),
                "digest": "another",
                "environ": {**environ(), "MARKER": self.marker},
            }
            with address(self.folder) as where, socket.socket(socket.AF_UNIX) as connection:
                connection.connect(where)
                connection.sendall(f"{json.dumps(asked)}\n".encode())
                for line in connection.makefile():
                    answer = json.loads(line)
                    if "turned" in answer:
                        return
            sys.exit(f"the door did not turn: {answer}")
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.start()
        self.serves()

    def said(self, what: str) -> float | None:
        """Give when it said that it serves, or that the engine is gone; None while it has not."""
        if self.name == "ours":
            wanted = {"serving": ("serving", "started")}.get(what, ("ended", "failed"))
            found = [e.time for e in self.supervisor.events() if (e.phase, e.state) == wanted]
            return found[0] if found else None
        lines = (self.folder / "out").read_text().splitlines()
        words = {"serving"} if what == "serving" else {"dead", "unhealthy"}
        told = [line.split() for line in lines if line.partition(" ")[2] in words]
        return float(told[0][0]) if told else None

    def until(self, what: str, seconds: float) -> float | None:
        """Wait until it has said so; None where it has not within ``seconds``."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (found := self.said(what)) is not None:
                return found
            time.sleep(0.01)
        return None

    def kill(self, who: str, number: signal.Signals) -> float:
        """Signal a process of the engine, the `parent` or one of that title; gives when."""
        (found,) = self._children(self.process.pid, lambda name: "fake_engine" in name)
        if who != "parent":
            (found,) = self._children(found, lambda name: name.startswith(who))
        now = time.time()
        os.kill(found, number)
        return now

    @staticmethod
    def _children(parent: int, wanted: Callable[[str], bool]) -> list[int]:
        """Give the children of a process whose title is wanted, all of one look."""
        there = [each for each in all_processes().values() if each.parent == parent]
        return [each.pid for each in there if not each.dead and wanted(title(each))]

    def died(self) -> float:
        """Wait until an engine that ends by itself has noted when it does; gives that."""
        note, end = self.folder / DIED, time.monotonic() + SEEN_WITHIN
        while time.monotonic() < end:
            with suppress(OSError, ValueError):
                return float(note.read_text())
            time.sleep(0.01)
        sys.exit(f"the engine kept in {self.name} way does not end")

    def ask(self, there: threading.Event | None = None) -> str:
        """Ask for one stream; gives whether it came `whole`, was `refused` or was `cut`.

        ``there`` is set once it has begun, or will not.
        """
        begun = ""
        with suppress(requests.RequestException):
            answer = requests.post(
                f"http://127.0.0.1:{self.port}/v1/chat/completions",
                json={"stream": True},
                headers={"Authorization": f"Bearer {KEY}"},
                stream=True,
                timeout=60,
            )
            if answer.ok:
                begun = "cut"
            if there:
                there.set()
            if b"[DONE]" in answer.content:
                return "whole"
        if there:
            there.set()
        return begun or "refused"

    def serves(self) -> None:
        """Wait until it has said that it serves."""
        if self.until("serving", 240.0) is None:
            sys.exit(f"the server kept in {self.name} way does not serve")

    def end(self) -> None:
        """Leave nothing of it behind."""
        for pid in relatives(self.marker):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()


def seen(
    fault: Callable[[Server], float], flags: tuple[str, ...] = CHILDREN
) -> dict[str, list[float]]:
    """Give how long it takes to see a fault, of several servers of either kind.

    Of an engine that ends by itself as it starts, that is from when it notes that it does.
    """

    def one(name: str, number: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            server = Server(name, flags, Path(folder))
            server.start()
            try:
                if EARLY in flags:
                    began = server.died()
                else:
                    server.serves()
                    time.sleep(0.5 + number * 1.7)  # not all at the same moment of a poll
                    began = fault(server)
                told = server.until("gone", SEEN_WITHIN)
            finally:
                server.end()
            return told - began if told is not None else float("inf")

    found = {}
    for name, together in (("ours", 1), ("usual", TIMES)):
        with ThreadPoolExecutor(together) as pool:
            found[name] = list(pool.map(lambda number, name=name: one(name, number), range(TIMES)))
    return found


def lost(*, arrivals: bool, replacing: bool = False) -> dict[str, str]:
    """Say what became of the requests of a server that is asked to end, or is replaced."""
    found = {}
    for name in ("ours", "usual"):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(name, (*CHILDREN, "--tokens", "30", "--pause", "0.1"), Path(folder))
            server.start()
            server.serves()
            answers: list[str] = []
            over = threading.Event()
            there = [threading.Event() for _ in range(8)]
            asking = [_ask(server, answers, each) for each in there]
            for each in there:  # on a busy machine it may take a while until all have begun
                each.wait(60)
            if arrivals:
                arriving = threading.Thread(target=_arrive, args=(server, answers, asking, over))
                arriving.start()
                time.sleep(1.0)
            told = time.monotonic()
            if replacing:
                server.replaced()
            else:
                server.process.send_signal(signal.SIGTERM)
                server.process.wait()
            took = time.monotonic() - told
            over.set()
            for asked in tuple(asking):
                asked.join()
            server.end()
            counts = {what: answers.count(what) for what in ("cut", "refused", "whole")}
            shown = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
            done = "the other serves" if replacing else "ended"
            found[name] = f"{shown}; {done} after {took:.1f} s"
    return found


def _ask(
    server: Server, answers: list[str], there: threading.Event | None = None
) -> threading.Thread:
    asking = threading.Thread(target=lambda: answers.append(server.ask(there)))
    asking.start()
    return asking


def _arrive(
    server: Server, answers: list[str], asking: list[threading.Thread], over: threading.Event
) -> None:
    while not over.wait(ARRIVALS):
        asking.append(_ask(server, answers))


def overhead() -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Give the seconds of a start, and those of one short request."""
    starts: dict[str, list[float]] = {"ours": [], "usual": []}
    asks: dict[str, list[float]] = {"ours": [], "usual": []}
    for _ in range(3):
        for name, taken in starts.items():
            with tempfile.TemporaryDirectory() as folder:
                server = Server(name, ("--tokens", "1", "--pause", "0"), Path(folder))
                server.start()
                until_healthy(server.port)
                taken.append(time.time() - server.began)
                for _ in range(100):
                    began = time.perf_counter()
                    if server.ask() != "whole":
                        sys.exit("a request was not answered")
                    asks[name].append(time.perf_counter() - began)
                server.end()
    return starts, asks


def healthy(port: int) -> bool:
    """Whether a server takes requests, as a client sees it."""
    with suppress(OSError, requests.RequestException):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return requests.get(f"http://127.0.0.1:{port}/health", timeout=5).ok
    return False


def until_healthy(port: int) -> None:
    """Wait until a server takes requests."""
    while not healthy(port):
        time.sleep(0.01)


def row(what: str, found: dict[str, list[float]], unit: float = 1.0) -> str:
    """Write medians side by side, and what they are to each other."""
    ours, usual = (statistics.median(found[name]) * unit for name in ("ours", "usual"))
    other = "not seen" if usual == float("inf") else f"{usual:.3f}"
    times = "" if usual == float("inf") else f"{usual / ours:.1f}"
    return f"| {what} | {ours:.3f} | {other} | {times} |"


def killing(who: str, number: signal.Signals) -> Callable[[Server], float]:
    """Give what sends a signal to a process of a server."""
    return lambda server: server.kill(who, number)


def main() -> None:
    """Measure, and print a table."""
    say = sys.stdout.write
    say("| median of 5, seconds | ours | the usual way | times |\n|---|--:|--:|--:|\n")
    crash = seen(killing("parent", signal.SIGKILL))
    say(row("the engine is killed", crash) + "\n")
    say(row("its detokenizer is killed", seen(killing("sglang::detok", signal.SIGKILL))) + "\n")
    say(
        row(
            f"its scheduler hangs (budget {HANG:g} s)",
            seen(killing("sglang::sched", signal.SIGSTOP)),
        )
        + "\n"
    )
    say(row("it dies while it loads", seen(lambda _: 0.0, (EARLY, "3"))) + "\n")
    starts, asks = overhead()
    say(row("from launch to `/health`", starts) + "\n")
    say(row("one short request, ms", asks, 1000.0) + "\n\n")
    say("| requests at an end | ours | the usual way |\n|---|---|---|\n")
    for what, arrivals in (("8 streams", False), ("8 streams, and one more each 0.1 s", True)):
        found = lost(arrivals=arrivals)
        say(f"| {what} | {found['ours']} | {found['usual']} |\n")
    found = lost(arrivals=True, replacing=True)
    say(f"| the same at a replace | {found['ours']} | {found['usual']} |\n")
    ours, usual = (statistics.median(crash[name]) for name in ("ours", "usual"))
    if usual < 50 * ours:
        sys.exit("a crash is not seen 50 times as fast")


if __name__ == "__main__":
    main()
