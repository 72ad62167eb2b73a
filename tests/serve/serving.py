"""One server under faults: its processes by name, its streams, and how it ended."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import requests

from tests.processes import title_of

from .living import KEY, PATIENCE, Supervisor, children_of, make_release, relatives, wait_for

if TYPE_CHECKING:
    from deployer.event import Event

    from .faults import Fault


@dataclass
class Stream:
    """One stream that a client reads to its end."""

    text: bytes = b""
    over: bool = False

    @property
    def whole(self) -> bool:
        return self.over and b"[DONE]" in self.text


@dataclass
class Serving:
    """A supervisor that undergoes faults, from its start to whatever becomes of it.

    ``past`` and ``served`` are what had been told, and how often it had begun to serve, before the
    fault that it undergoes.
    """

    faults: tuple[Fault, ...]
    folder: Path
    marker: str
    kept: list[socket.socket] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    past: int = 0
    served: int = 0

    def __post_init__(self) -> None:
        self.fault = fault = self.faults[0]
        budgets = dict(fault.budgets)
        odd = {name: budgets.pop(name, 0.0) for name in ("taken", "command", "key")}
        restarts = [each.ends for each in self.faults].count("started again")
        release = make_release(*fault.flags, restarts=restarts, **budgets)  # type: ignore[arg-type]
        self.port = release.listen.port
        if odd["taken"]:
            taken = socket.create_server(("127.0.0.1", self.port))
            self.kept.append(taken)
        if odd["command"]:
            release = replace(release, engine=replace(release.engine, command=("/no/such",)))
        key = "short" if odd["key"] else KEY
        self.supervisor = Supervisor(release, self.folder, self.marker, key=key)

    def events(self) -> list[Event]:
        return self.supervisor.events()[self.past :]

    def starts(self) -> int:
        """Count how often it has begun to serve."""
        told = [(e.phase, e.state) for e in self.supervisor.events()]
        return told.count(("serving", "started"))

    def wait(self, phase: str, state: str) -> Event:
        return self.supervisor.wait_event(phase, state, self.past)

    def wait_progress(self, text: str) -> None:
        wait_for(lambda: any(text in e.message for e in self.events()))

    def process(self, who: str) -> int:
        if who == "supervisor":
            return self.supervisor.process.pid

        def find() -> int | None:
            if who == "door":
                ours = children_of(self.supervisor.process.pid)
                doors = [pid for pid in ours if "door/run.py" in title_of(pid)]
                return doors[0] if doors else None
            engines = children_of(self.supervisor.process.pid)
            engines = [pid for pid in engines if "fake_engine" in title_of(pid)]
            if who == "parent" or not engines:
                return engines[0] if engines else None
            named = [
                pid
                for engine in engines
                for pid in children_of(engine)
                if title_of(pid).startswith(f"sglang::{who}") and named_in_kernel(pid)
            ]
            return named[0] if named else None

        found: int = wait_for(find)
        return found

    def kill(self, who: str, number: int) -> None:
        os.kill(self.process(who), number)

    def ask_stream(self) -> socket.socket:
        """Begin a stream by hand, and read nothing of it."""
        body = json.dumps({"stream": True}).encode()
        client = socket.create_connection(("127.0.0.1", self.port))
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        client.sendall(head.encode() + body)
        return client

    def ask_once(self) -> bool:
        """Ask for one answer; gives whether it came."""
        with suppress(requests.RequestException):
            answer = requests.post(
                f"http://127.0.0.1:{self.port}/v1/chat/completions",
                json={"messages": []},
                headers={"Authorization": f"Bearer {KEY}"},
                timeout=PATIENCE,
            )
            return answer.status_code == 200
        return False

    def begin_streams(self) -> None:
        for _ in range(self.fault.streams):
            stream = Stream()
            self.streams.append(stream)
            threading.Thread(target=self._read, args=(stream,), daemon=True).start()
        if "--prefill" not in self.fault.flags:
            wait_for(lambda: all(each.text or each.over for each in self.streams))

    def _read(self, stream: Stream) -> None:
        with suppress(OSError), self.ask_stream() as client:
            while data := client.recv(4096):
                stream.text += data
                if b"[DONE]" in stream.text:
                    break
        stream.over = True

    def limit_files(self) -> None:
        """Let no file of the supervisor grow beyond what the largest of them has now."""
        size = max(file.stat().st_size for file in self.folder.iterdir() if file.is_file())
        resource.prlimit(self.supervisor.process.pid, resource.RLIMIT_FSIZE, (size, size))

    def forget(self) -> None:
        """Be ready for another fault."""
        for client in self.kept:
            client.close()
        self.kept.clear()
        self.streams.clear()
        self.past = len(self.supervisor.events())

    def end(self) -> None:
        """Leave nothing behind, whatever has become of it."""
        for client in self.kept:
            client.close()
        for pid in relatives(self.marker):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        if self.supervisor.process.poll() is None:
            self.supervisor.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.supervisor.process.wait(60)
            self.supervisor.process.kill()
        self.supervisor.process.communicate()


@dataclass(frozen=True)
class Outcome:
    """What became of a server: seconds until it was told, and until all was as it has to be."""

    told: float
    done: float


def undergo(fault: Fault) -> Outcome:
    """Let a server undergo one fault; raises AssertionError where it does not end as it has to."""
    with Life((fault,)) as life:
        return life.undergo(fault)


class Life:
    """A server that undergoes faults with the same flags and budgets, one after the other.

    It starts with the first, and again after one that did not end as it has to. Only the last may
    end the server.
    """

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._faults = faults
        self._held = ExitStack()
        self._serving: Serving | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def undergo(self, fault: Fault) -> Outcome:
        """Do the next fault; raises AssertionError where it does not end as it has to."""
        serving = self._serving = self._serving or self._started()
        serving.fault = fault
        try:
            outcome = _undergo(serving)
        except BaseException:
            self._end()
            raise
        serving.forget()
        return outcome

    def _started(self) -> Serving:
        folder = Path(self._held.enter_context(tempfile.TemporaryDirectory()))
        serving = Serving(self._faults, folder, f"deployer-fault-{uuid.uuid4().hex}")
        self._held.callback(wait_for, lambda: not relatives(serving.marker), 60.0)
        self._held.callback(serving.end)
        return serving

    def _end(self) -> None:
        self._serving = None
        self._held.close()


def _undergo(serving: Serving) -> Outcome:
    fault = serving.fault
    if not serving.past and fault.phase != "launch":
        serving.wait("serving" if fault.phase == "drain" else fault.phase, "started")
    serving.served = serving.starts()
    if fault.phase in {"serving", "drain"}:
        assert serving.served
        serving.begin_streams()
    began, date = time.monotonic(), time.time()
    fault.act(serving)
    told = JUDGES[fault.ends](serving) - date
    return Outcome(told, time.monotonic() - began)


def _judge_restart(serving: Serving) -> float:
    event = serving.wait("restart", "started")
    for part in serving.fault.says.split("|"):
        assert part in event.message, event.message
    wait_for(lambda: serving.starts() == serving.served + 1)
    assert serving.ask_once()
    _only_the_new_one(serving)
    return event.time


def _judge_ended(serving: Serving) -> float:
    code = serving.supervisor.wait()
    assert code == 1, f"exit code {code}: {serving.supervisor.events()[-3:]}"
    event = serving.supervisor.events()[-1]
    assert (event.phase, event.state) == ("ended", "failed"), event
    for part in serving.fault.says.split("|"):
        assert part in event.message, event.message
    _nothing_left(serving)
    return event.time


def _judge_drained(serving: Serving) -> float:
    assert serving.supervisor.wait() == 0
    event = serving.supervisor.events()[-1]
    assert (event.phase, event.state) == ("ended", "done"), event
    wait_for(lambda: all(each.over for each in serving.streams))
    assert all(each.whole for each in serving.streams), "a request was lost"
    _nothing_left(serving)
    return event.time


def _judge_cut(serving: Serving) -> float:
    assert serving.supervisor.wait() == 0
    event = serving.supervisor.events()[-1]
    assert (event.phase, event.state) == ("ended", "done"), event
    _nothing_left(serving)
    return event.time


def _judge_goes_on(serving: Serving) -> float:
    if serving.fault.phase != "serving":
        serving.wait("serving", "started")
        serving.begin_streams()
    wait_for(lambda: all(each.over for each in serving.streams))
    assert all(each.whole for each in serving.streams), "a request was lost"
    assert serving.ask_once()
    assert serving.supervisor.process.poll() is None
    assert serving.starts() == max(serving.served, 1)
    return time.time()


def _judge_loses(serving: Serving) -> float:
    serving.wait_progress("requests in flight were lost")
    assert serving.ask_once()
    assert serving.starts() == max(serving.served, 1)
    return time.time()


def _judge_gone(serving: Serving) -> float:
    assert serving.supervisor.wait() < 0
    _nothing_left(serving)
    return time.time()


def _only_the_new_one(serving: Serving) -> None:
    """See that nothing is left of the engine that was: there are the supervisor, door, engine."""
    ranks = sum(word.startswith("sglang::") for word in serving.fault.flags)
    wait_for(lambda: len(relatives(serving.marker)) == 3 + ranks)


def _nothing_left(serving: Serving) -> None:
    wait_for(lambda: not relatives(serving.marker))
    if not any(each.fileno() >= 0 and _listens(each) for each in serving.kept):
        wait_for(lambda: _is_free(serving.port))


def _is_free(port: int) -> bool:
    """Whether nobody listens: a process that ends loses its environment before its sockets."""
    try:
        socket.create_server(("127.0.0.1", port), reuse_port=False).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    return True


def _listens(each: socket.socket) -> bool:
    return bool(each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


JUDGES = {
    "started again": _judge_restart,
    "ended, and told": _judge_ended,
    "drained": _judge_drained,
    "cut off": _judge_cut,
    "goes on": _judge_goes_on,
    "loses them": _judge_loses,
    "gone with it": _judge_gone,
}


def named_in_kernel(pid: int) -> bool:
    """Whether a child bears its name as setproctitle gives it: to the kernel as well."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").startswith("sglang::")
    except OSError:
        return False
