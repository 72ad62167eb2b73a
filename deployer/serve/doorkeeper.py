"""The supervisor's side of its door: a process that is started, told, heard, and started again.

The door is a process of its own so that nothing that the supervisor does (reading a log, looking at
``/proc``) ever delays a token. When it dies, another takes its place behind the same socket:
connections wait meanwhile, only those that were open are lost, and that is told.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployer.codec import DecodeError, decode, encode, read_json
from deployer.serve.bell import Bell
from deployer.serve.door.terms import Cut, Facts, NamedKey, Order, Terms, Upstream
from deployer.serve.launch import LEAD
from deployer.serve.processes import spell_exit
from deployer.serve.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


RUN = Path(__file__).with_name("door") / "run.py"

SILENCE = 10.0
"""Seconds without a pulse after which a door is taken for stopped and is killed. It sends four a
second, and starts within two on a machine with nothing to spare."""

PAUSES = (0.0, 0.0, 0.5, 2.0)
"""Seconds before the next start after one, two, … deaths within :data:`FORGET`; the last holds."""

FORGET = 60.0

PATIENCE = 5.0
"""Seconds for an answer to an order."""


class Door:
    """One door: what it is told is remembered, so that the next one is told the same.

    ``tell`` is called, from a thread, with a sentence for each death; ``bell`` rings with each, and
    with an answer.
    """

    def __init__(
        self,
        terms: Terms,
        listener: socket.socket,
        environ: Mapping[str, str],
    ) -> None:
        self._terms = terms
        self._listener = listener
        self._environ = {**environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self.bell = Bell()
        self.tell: Callable[[str], None] = lambda _: None
        self.on_pulse: Callable[[], None] = lambda: None
        """Called with each pulse, from a thread: for what is looked at now and then."""
        self._lock = threading.Lock()
        self._orders: dict[str, Order] = {}
        self._control: socket.socket | None = None
        self._pulse = Pulse(time.monotonic())
        self._cut: tuple[Cut, ...] | None = None
        self.broken: list[Cut] = []
        """The answers that the engine did not finish, by now."""
        self._over = False
        self._doors = 0
        self.pid = 0
        self.rings = False
        """Whether the bell rings with every pulse: somebody waits for one."""
        self._thread = threading.Thread(target=self._keep, name="door", daemon=True)

    def start(self) -> None:
        """Start it; connections may come from here on."""
        self._thread.start()

    def pulse(self) -> Pulse:
        """Give what it last told; one that has just died has told nothing."""
        return self._pulse

    def keys(self, keys: Sequence[NamedKey]) -> None:
        """Say who may come in, from now on."""
        self._order("keys", Order("keys", keys=tuple(keys)))

    def facts(self, facts: Facts) -> None:
        """Say what it tells in ``/metrics`` besides what it counts."""
        self._order("facts", Order("facts", facts=replace(facts, doors=self._doors)))

    def open(self, port: int, key: str) -> None:
        """Let requests through to the engine."""
        self._order("gate", Order("open", upstream=Upstream(port, key)))

    def shut(self, reason: str, retry_after: int = 0) -> None:
        """Let nobody in, and say why; what is in flight goes on."""
        self._order("gate", Order("shut", reason=reason, retry_after=retry_after))

    def terms(self, terms: Terms) -> None:
        """Say what may come in, and as which release, from now on."""
        self._order("terms", Order("terms", terms=terms))

    def cut(self, *, elders: bool = False) -> tuple[Cut, ...]:
        """End what is in flight, and name it; nothing where the door says nothing any more.

        ``elders`` are those at an engine that another one has taken the place of.
        """
        with self.bell.listen() as ear:
            self._cut = None
            deadline = time.monotonic() + PATIENCE
            self._send(Order("cut-elders" if elders else "cut"))
            while self._cut is None and time.monotonic() < deadline:
                ear.wait(deadline - time.monotonic())
        return self._cut or ()

    def end(self) -> None:
        """End it, and wait until it is gone."""
        self._over = True
        with self._lock:
            if self._control is not None:
                with suppress(OSError):
                    self._control.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(PATIENCE)
        if self._thread.is_alive() and self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._thread.join()

    def _order(self, what: str, order: Order) -> None:
        with self._lock:
            self._orders[what] = order
        self._send(order)

    def _send(self, order: Order) -> None:
        with self._lock:
            if self._control is not None:
                with suppress(OSError):  # it is dying: the next one is told all
                    self._control.sendall(_line(encode(order)))

    def _keep(self) -> None:
        """Keep a door there. The thread that forks it lives as long as it does (``lead.py``)."""
        deaths: list[float] = []
        while not self._over:
            lost, how = self._live()
            if self._over:
                return
            now = time.monotonic()
            self._doors += 1
            with self._lock:
                if told := self._orders.get("facts"):
                    facts = replace(told.facts or Facts(), doors=self._doors)
                    self._orders["facts"] = Order("facts", facts=facts)
            deaths = [each for each in deaths if now - each < FORGET] + [now]
            pulse, self._pulse = self._pulse, Pulse(now)
            self.bell.ring()
            if lost or len(deaths) == 1:
                cost = f"{pulse.in_flight + pulse.elders} requests in flight were lost"
                self.tell(f"the door (process {lost}) {how}; {cost}; another one takes its place")
            time.sleep(PAUSES[min(len(deaths), len(PAUSES)) - 1])

    def _live(self) -> tuple[int, str]:
        """Run one door to its end; gives its process and how it ended."""
        ours, its = socket.socketpair()
        with ours, its:
            words = [sys.executable, "-I", "-S", str(LEAD), str(os.getpid()), sys.executable]
            words += [str(RUN), "--listen", str(self._listener.fileno())]
            try:
                process = subprocess.Popen(
                    [*words, "--control", str(its.fileno())],
                    env=self._environ,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=(self._listener.fileno(), its.fileno()),
                    process_group=0,
                )
            except (OSError, ValueError) as error:
                return 0, f"cannot be started: {error}"
            its.close()
            self.pid = process.pid
            self._greet(ours)
            how = self._hear(ours)
            with self._lock:
                self._control = None
            if how:
                process.kill()
            code = spell_exit(process.wait())
        return process.pid, how or f"has ended: {code}"

    def _greet(self, control: socket.socket) -> None:
        with self._lock:
            with suppress(OSError):
                control.sendall(_line(encode(self._terms)))
                for order in self._orders.values():
                    control.sendall(_line(encode(order)))
            self._control = control

    def _hear(self, control: socket.socket) -> str:
        """Listen to it until it is silent for ever; says why, '' where it closed its end."""
        rest = b""
        while True:
            if not select.select([control], [], [], SILENCE)[0]:
                return f"said nothing for {SILENCE:g} s and was killed"
            try:
                data = control.recv(1 << 16)
            except OSError:
                return ""
            if not data:
                return ""
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self._take(read_json(line))

    def _take(self, said: Any) -> None:  # noqa: ANN401 - a JSON value
        with suppress(DecodeError):
            if "pulse" in said:
                self._pulse = decode(Pulse, said["pulse"])
                self.on_pulse()
                if self.rings:
                    self.bell.ring()
            if "said" in said:
                self.tell(str(said["said"]))
            if "broken" in said:
                self.broken.append(decode(Cut, said["broken"]))
            if "cut" in said:
                self._cut = tuple(decode(Cut, each) for each in said["cut"])
                self.bell.ring()


def _line(value: object) -> bytes:
    return f"{json.dumps(value)}\n".encode()
