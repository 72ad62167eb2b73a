"""The life of a door: its terms first, then orders as they come, and pulses all the while."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any

from deployer.codec import decode, encode, read_json
from deployer.serve.door.answer import Answer
from deployer.serve.door.connection import Bounds, Server
from deployer.serve.door.forward import Forward
from deployer.serve.door.gate import Gate
from deployer.serve.door.terms import Order, Terms
from deployer.serve.door.traces import Traces, wanted
from deployer.serve.pulse import EVERY

if TYPE_CHECKING:
    import socket

LONGEST = 1 << 20
"""Bytes of an order. The longest lists keys, of which a hundred are 10 kB."""

PULSE_SECONDS = EVERY / 2

BACKLOG = 4096
"""Connections that wait to be taken; the kernel's ``net.core.somaxconn`` may allow fewer."""

LAST_WORDS = 0.2
"""Seconds for what was written last to reach clients."""


async def attend(listening: socket.socket, control: socket.socket) -> None:
    """Be the door behind ``listening`` until ``control`` is closed at its other end."""
    reader, writer = await asyncio.open_connection(sock=control, limit=LONGEST)
    terms = decode(Terms, read_json(await reader.readline()))
    gate = Gate(terms)
    bounds = Bounds(terms, gate.mark)
    listening.settimeout(0)
    server = await asyncio.get_running_loop().create_server(
        Server(Answer(gate, Forward(gate)), bounds), sock=listening, backlog=BACKLOG
    )
    gate.tally.connections = lambda: (len(bounds.open), bounds.refused)
    wake = asyncio.Event()
    _trace(gate, writer)
    gate.flights.on_broken = lambda cut: _say(writer, {"broken": encode(cut)})
    gate.flights.on_done = lambda: wake.set() if _awaited(gate) else None
    pulses = asyncio.create_task(_tell(gate, writer, wake))
    try:
        while line := await reader.readline():
            _obey(gate, bounds, decode(Order, read_json(line)), writer)
            wake.set()
    finally:
        pulses.cancel()
        server.close()
        await asyncio.sleep(LAST_WORDS)
        if gate.traces:
            await gate.traces.close()


def _trace(gate: Gate, writer: asyncio.StreamWriter) -> None:
    """Send traces where the environment asks for them, and tell why not where it asks in vain."""
    to, why = wanted(os.environ, f"deployer-{gate.terms.release}")
    if why:
        _say(writer, {"said": why})
    if to is not None:
        gate.traces = traces = Traces(to, gate.terms.release)
        gate.flights.on_end = traces.end
        gate.tally.dropped = lambda: traces.dropped


def _awaited(gate: Gate) -> bool:
    """Whether somebody waits for the last of those in flight."""
    return not gate.ready or any(each.port != gate.port for each in gate.flights)


def _obey(gate: Gate, bounds: Bounds, order: Order, writer: asyncio.StreamWriter) -> None:
    gate.obey(order)
    if order.do in {"cut", "cut-elders"}:
        besides = gate.port if order.do == "cut-elders" else 0
        _say(writer, {"cut": [encode(each) for each in gate.flights.cut(besides)]})
    if order.do == "shut":
        for connection in tuple(bounds.open):
            if connection.idle:
                connection.force_close()


async def _tell(gate: Gate, writer: asyncio.StreamWriter, wake: asyncio.Event) -> None:
    """Send a pulse at least every half second, and at once when something has changed."""
    while True:
        _say(writer, {"pulse": encode(gate.flights.pulse(gate.port, ready=gate.ready))})
        await writer.drain()
        wake.clear()
        try:
            async with asyncio.timeout(PULSE_SECONDS):
                await wake.wait()
        except TimeoutError:
            continue


def _say(writer: asyncio.StreamWriter, value: Any) -> None:  # noqa: ANN401 - a JSON value
    writer.write(f"{json.dumps(value)}\n".encode())
