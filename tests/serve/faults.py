"""The faults of the matrix: what is done to a server, when, and how that has to end.

`docs/reliability.md` shows this table with what a run measured (`python -m tools.reliability`).
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from .serving import Serving

Ends = Literal[
    "started again",
    "ended, and told",
    "drained",
    "cut off",
    "goes on",
    "loses them",
    "gone with it",
]

ENDS: dict[Ends, str] = {
    "started again": "told with its cause, ended with all that belongs to it, and serving again",
    "ended, and told": "told with its cause, exit code 1, nothing left",
    "drained": "every request in flight answered, exit code 0, nothing left",
    "cut off": "exit code 0, nothing left, requests in flight lost as was asked",
    "goes on": "it serves, and every request in flight is answered",
    "loses them": "told, and it serves on; what was in flight through the door is lost",
    "gone with it": "the supervisor is gone without a word, and the engine with it",
}

Phase = Literal["launch", "load", "warmup", "serving", "drain"]

CHILDREN = ("--children", "sglang::scheduler", "sglang::detokenizer")
FOREVER = ("--tokens", "1000000")


@dataclass(frozen=True)
class Fault:
    """One fault: ``act`` does it once ``phase`` has begun; ``says`` is in the last failure's text.

    ``within`` bounds, in seconds, the time from the fault to what has to be told of it, apart from
    the budgets that it has to wait for; many times what it takes, for slow machines. ``last`` tells
    that the server can undergo no other one after it, though it goes on.
    """

    name: str
    phase: Phase
    ends: Ends
    act: Callable[[Serving], None]
    says: str = ""
    flags: tuple[str, ...] = CHILDREN
    budgets: dict[str, float] = field(default_factory=dict)
    streams: int = 0
    within: float = 120.0
    last: bool = False


def nothing(_: Serving) -> None:
    """What is wrong is wrong from the start."""


def send(number: int, *who: str) -> Callable[[Serving], None]:
    def act(serving: Serving) -> None:
        for each in who:
            serving.kill(each, number)

    return act


def pause(*who: str) -> Callable[[Serving], None]:
    """Stop, and go on when that has been seen."""

    def act(serving: Serving) -> None:
        for each in who:
            serving.kill(each, signal.SIGSTOP)
        if "supervisor" in who:
            time.sleep(1.0)
        else:
            serving.wait_progress("paused: ")
        for each in who:
            serving.kill(each, signal.SIGCONT)

    return act


def twice(number: signal.Signals) -> Callable[[Serving], None]:
    def act(serving: Serving) -> None:
        serving.kill("supervisor", number)
        serving.wait("drain", "started")
        serving.kill("supervisor", number)

    return act


def after_term(then: Callable[[Serving], None]) -> Callable[[Serving], None]:
    def act(serving: Serving) -> None:
        serving.kill("supervisor", signal.SIGTERM)
        serving.wait("drain", "started")
        then(serving)

    return act


def half_open(serving: Serving) -> None:
    """Clients that send half of a request, or nothing, and stay."""
    for text in (b"", b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 100\r\n\r\n{"):
        for _ in range(8):
            client = socket.create_connection(("127.0.0.1", serving.port))
            client.sendall(text)
            serving.kept.append(client)


def slow_readers(serving: Serving) -> None:
    """Clients that ask for streams and read nothing of them."""
    for _ in range(8):
        serving.kept.append(serving.ask_stream())


def resets(serving: Serving) -> None:
    """Clients that reset their connection in the middle of a stream."""
    for _ in range(8):
        client = serving.ask_stream()
        client.recv(16)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()


def full_disk(serving: Serving) -> None:
    """No file of the supervisor's grows any more: neither its log nor its events."""
    serving.limit_files()
    serving.ask_once()


def keep_asking(serving: Serving) -> None:
    """New requests all the while: none of them is let in, and none delays the end."""
    threading.Thread(target=_ask_on, args=(serving,), daemon=True).start()


def _ask_on(serving: Serving) -> None:
    while serving.supervisor.process.poll() is None:
        serving.ask_once()


def stopped_then_term(serving: Serving) -> None:
    serving.kill("scheduler", signal.SIGSTOP)
    serving.wait_progress("paused: ")
    serving.kill("supervisor", signal.SIGTERM)


def pause_door(serving: Serving) -> None:
    serving.kill("door", signal.SIGSTOP)
    time.sleep(1.0)
    serving.kill("door", signal.SIGCONT)


KILLS = (signal.SIGKILL, signal.SIGSEGV)
WHO = {
    "parent": "the engine (process",
    "scheduler": "sglang::schedul",
    "detokenizer": "sglang::detoken",
}
STREAMING = (*CHILDREN, *FOREVER)
HANG = {"hang": 5.0}


MUTE, DEAF = signal.SIGRTMIN, signal.SIGRTMIN + 1
"""What the fake engine takes for a deadlock of its detokenizer, and of its parent."""

RAISE = signal.SIGRTMIN + 2
"""What the fake engine takes for an exception that ends it, with exit code 0 as SGLang's do."""

RAISED = "exit code 0|ValueError: no room"


def told(who: str, number: signal.Signals) -> str:
    return f"{WHO[who]}|killed by {number.name}"


SERVES = (
    *(
        Fault(f"{number.name} to the {who}", "serving", "started again", send(number, who),
              told(who, number), STREAMING, streams=2)
        for number in KILLS for who in WHO
    ),
    Fault("an exception, with exit code 0", "serving", "started again", send(RAISE, "parent"),
          RAISED, STREAMING, streams=2),
    *(
        Fault(f"SIGSTOP to the {who}", "serving", "started again", send(signal.SIGSTOP, who),
              f"the engine hangs: {WHO[who]}|stopped for", STREAMING, HANG, streams=2)
        for who in WHO
    ),
    *(
        Fault(f"SIGSTOP to the {who}, then SIGCONT in time", "serving", "goes on", pause(who),
              streams=2, flags=(*CHILDREN, "--tokens", "40"))
        for who in (*WHO, "supervisor")
    ),
    Fault("SIGSTOP to all processes of the engine", "serving", "started again",
          send(signal.SIGSTOP, *WHO), "the engine hangs|stopped for", STREAMING, HANG),
    Fault("a deadlock under streams", "serving", "started again", send(signal.SIGUSR1, "parent"),
          "the engine hangs", STREAMING, HANG, streams=2),
    Fault("a deadlock of the detokenizer, under streams", "serving", "started again",
          send(MUTE, "parent"), "tokens are computed, and none has come out", STREAMING, HANG,
          streams=2),
    Fault("a deadlock of the parent, under streams", "serving", "started again",
          send(DEAF, "parent"), "the engine hangs", STREAMING, HANG, streams=2),
    Fault("a deadlock of an idle engine", "serving", "started again",
          send(signal.SIGUSR1, "parent"), "our own request", STREAMING, HANG),
    Fault("a prefill of four budgets", "serving", "goes on", nothing, streams=1,
          flags=(*CHILDREN, "--prefill", "20"), budgets=HANG),
    Fault("SIGTERM to the parent, by somebody else", "serving", "started again",
          send(signal.SIGTERM, "parent"), "has ended"),
    Fault("SIGKILL to the supervisor", "serving", "gone with it",
          send(signal.SIGKILL, "supervisor"), streams=1, flags=STREAMING),
    Fault("SIGSEGV to the supervisor", "serving", "gone with it",
          send(signal.SIGSEGV, "supervisor"), streams=1, flags=STREAMING),
    Fault("SIGHUP to the supervisor", "serving", "goes on", send(signal.SIGHUP, "supervisor"),
          streams=1),
    Fault("SIGTERM to the supervisor", "serving", "drained", send(signal.SIGTERM, "supervisor"),
          streams=4),
    Fault("SIGINT to the supervisor", "serving", "drained", send(signal.SIGINT, "supervisor"),
          streams=4),
    Fault("SIGTERM twice", "serving", "cut off", twice(signal.SIGTERM), flags=STREAMING, streams=2),
    Fault("a stream that is longer than the drain", "serving", "cut off",
          send(signal.SIGTERM, "supervisor"), flags=STREAMING, budgets={"drain": 1.0}, streams=2),
    Fault("a disk that is full", "serving", "goes on", full_disk, streams=1, last=True),
    Fault("clients that half open their connections", "serving", "goes on", half_open, streams=1),
    Fault("clients that do not read", "serving", "goes on", slow_readers, streams=1),
    Fault("clients that reset their connections", "serving", "goes on", resets, streams=1),
)  # fmt: skip

DRAINS = (
    *(
        Fault(f"{number.name} to the {who}", "drain", "ended, and told",
              after_term(send(number, who)), told(who, number), STREAMING, streams=2)
        for number in KILLS for who in WHO
    ),
    Fault("an exception, with exit code 0", "drain", "ended, and told",
          after_term(send(RAISE, "parent")), RAISED, STREAMING, streams=2),
    *(
        Fault(f"SIGSTOP to the {who}", "drain", "ended, and told",
              after_term(send(signal.SIGSTOP, who)), f"{WHO[who]}|stopped for", STREAMING, HANG,
              streams=2)
        for who in WHO
    ),
    Fault("a deadlock under streams", "drain", "ended, and told",
          after_term(send(signal.SIGUSR1, "parent")), "nothing has moved", STREAMING, HANG,
          streams=2),
    Fault("SIGKILL to the supervisor", "drain", "gone with it",
          after_term(send(signal.SIGKILL, "supervisor")), flags=STREAMING, streams=1),
    Fault("SIGHUP to the supervisor", "drain", "drained",
          after_term(send(signal.SIGHUP, "supervisor")), streams=2),
    Fault("requests that keep coming", "drain", "drained", after_term(keep_asking), streams=2),
    Fault("a process that was stopped before", "drain", "drained", stopped_then_term, streams=2,
          flags=(*CHILDREN, "--tokens", "40")),
)  # fmt: skip

DOORS = (
    Fault("SIGKILL to the door, idle", "serving", "goes on", send(signal.SIGKILL, "door")),
    Fault("SIGKILL to the door, with streams", "serving", "loses them",
          send(signal.SIGKILL, "door"), flags=STREAMING, streams=2),
    Fault("SIGTERM to the door", "serving", "goes on", send(signal.SIGTERM, "door")),
    Fault("SIGSTOP to the door, then SIGCONT in time", "serving", "goes on", pause_door,
          flags=(*CHILDREN, "--tokens", "40"), streams=2),
)  # fmt: skip

LOADING = ("--load", "600", *CHILDREN)
LOADS = (
    *(
        Fault(f"{number.name} to the {who}", "load", "ended, and told", send(number, who),
              told(who, number), LOADING)
        for number in KILLS for who in WHO
    ),
    Fault("SIGSTOP to the parent", "load", "ended, and told", send(signal.SIGSTOP, "parent"),
          "not healthy within", LOADING, {"startup": 3.0}),
    Fault("SIGKILL to the supervisor", "load", "gone with it",
          send(signal.SIGKILL, "supervisor"), flags=LOADING),
    Fault("SIGTERM to the supervisor", "load", "drained", send(signal.SIGTERM, "supervisor"),
          flags=LOADING),
    Fault("never healthy", "load", "ended, and told", nothing, "not healthy within", LOADING,
          {"startup": 2.0}),
    Fault("never on its port", "load", "ended, and told", nothing, "nothing listens there yet",
          ("--bind-after", "600"), {"startup": 2.0}),
    Fault("an end before it has loaded", "load", "ended, and told", nothing, "exit code 3",
          ("--exit-early", "3")),
    Fault("exit code 0 before it has loaded", "load", "ended, and told", nothing, "exit code 0",
          ("--exit-early", "0")),
    Fault("an exception before it has loaded", "load", "ended, and told", nothing,
          "ValueError: no room", ("--exit-early", "1", "--raising", "ValueError: no room")),
    Fault("a flood of log", "load", "goes on", nothing, flags=("--flood-mib", "8", *CHILDREN),
          streams=1),
)  # fmt: skip

WARMS = (
    *(
        Fault(f"a warm-up request answered with {what}", "warmup", "ended, and told", nothing, says,
              ("--answer", answer))
        for what, answer, says in (
            ("status 500", "500", "status 500"),
            ("nothing in it", "empty", "nothing in content"),
            ("no JSON", "not-json", "not JSON"),
            ("half a tool call", "bad-tools", "a tool call whose"),
        )
    ),
    Fault("a warm-up request that is not answered", "warmup", "ended, and told", nothing,
          "had no answer", ("--answer", "never"), {"warmup": 1.0}),
    Fault("a death by the first request", "warmup", "ended, and told", nothing, "exit code 9",
          ("--exit-in-warmup",)),
    *(
        Fault(f"SIGKILL to the {who}", "warmup", "ended, and told", send(signal.SIGKILL, who),
              told(who, signal.SIGKILL), ("--answer", "never", *CHILDREN))
        for who in WHO
    ),
    Fault("SIGTERM to the supervisor", "warmup", "drained", send(signal.SIGTERM, "supervisor"),
          flags=("--answer", "never", *CHILDREN)),
)  # fmt: skip

LAUNCHES = (
    Fault("a port that is taken", "launch", "ended, and told", nothing, "is taken by process",
          budgets={"taken": 1.0}),
    Fault("a command that is not there", "launch", "ended, and told", nothing, "exit code 127",
          budgets={"command": 1.0}),
    Fault("a key that is too short", "launch", "ended, and told", nothing, "5 characters",
          budgets={"key": 1.0}),
)  # fmt: skip

FAULTS = (*LAUNCHES, *LOADS, *WARMS, *SERVES, *DOORS, *DRAINS)

ENDINGS = {"ended, and told", "drained", "cut off", "gone with it"}


def lives(faults: Iterable[Fault]) -> list[tuple[Fault, ...]]:
    """Share out faults among servers: as few as can be, and each as often started again as another.

    Those of one server have the same flags and budgets, and only the last one ends it.
    """
    alike: dict[str, list[Fault]] = {}
    for fault in faults:
        alike.setdefault(repr((fault.flags, fault.budgets)), []).append(fault)
    found = []
    for each in alike.values():
        last = [fault for fault in each if fault.last or fault.ends in ENDINGS]
        others = [fault for fault in each if fault not in last]
        others.sort(key=lambda fault: fault.ends == "started again")
        number = max(len(last), 1)
        found += [(*others[at::number], *last[at : at + 1]) for at in range(number)]
    return found
