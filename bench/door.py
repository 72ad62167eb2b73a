"""What the door costs: the same requests by hand and through it, in turns, in one run.

`python -m bench.door` starts an engine's stand-in (one piece of a stream every so often, as a
decoding engine sends them) and asks it directly, through the door, and through HAProxy, nginx and
`sglang-router` where they are installed. `--engine PORT` asks an engine that runs already, without
a key, in place of the stand-in. It prints the median time to the first piece of a single stream,
the pieces a second of 48 streams, by how much that is less than by hand in the same round (median,
and the rounds' range), and the CPU time of each door per piece. Nothing fails: a figure of a shared
machine is none to stop a commit with.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deployer.release import Listen
from deployer.serve.door.keys import digest
from deployer.serve.door.terms import NamedKey, Route, Terms
from deployer.serve.doorkeeper import Door
from deployer.serve.listener import open_listener
from tests.ports import free_port

KEY = "bench-bench-bench-bench"
PATH = "/v1/chat/completions"
STREAMS, PIECES, PAUSE = 48, 150, 0.02
SINGLES, ROUNDS = 120, 10

OTHERS = ("haproxy", "nginx", "sglang-router")
ROUTER = (
    "sglang-router launch --host 127.0.0.1 --port {port} --worker-urls http://127.0.0.1:{origin} "
    "--api-key {key} --policy round_robin --log-level error --prometheus-port {metrics}"
)

INFO = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n"
INFO += b'{"model_path": "m"}'

HAPROXY = """
global
  maxconn 1000
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
frontend f
  bind 127.0.0.1:{port}
  acl key req.hdr(authorization) -m str "Bearer {key}"
  acl route path {path}
  http-request deny status 401 unless key
  http-request deny status 404 unless route
  default_backend b
backend b
  server s 127.0.0.1:{origin}
"""

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1000; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  server {{
    listen 127.0.0.1:{port};
    location = {path} {{
      if ($http_authorization != "Bearer {key}") {{ return 401; }}
      proxy_pass http://127.0.0.1:{origin};
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_set_header Connection "";
    }}
    location / {{ return 404; }}
  }}
}}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--origin", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--engine", type=int, help="the port of an engine that runs, without a key")
    parser.add_argument("--model", default="glm-tiny")
    options = parser.parse_args()
    if options.origin:
        asyncio.run(_origin(options.origin))
        return 0
    with contextlib.ExitStack() as stack:
        origin = options.engine or stack.enter_context(_stand_in())
        ways: dict[str, tuple[int, int]] = {"by hand": (origin, 0)}
        ways["the door"] = stack.enter_context(door(origin))
        for name in OTHERS:
            if shutil.which(name):
                ways[name] = stack.enter_context(_other(name, origin))
        asked = _question(options.model, real=bool(options.engine))
        _measure(ways, asked)
    return 0


def _question(model: str, *, real: bool) -> dict[str, Any]:
    asked: dict[str, Any] = {"stream": True, "model": model}
    asked |= {"messages": [{"role": "user", "content": "Count to 200."}]}
    if real:
        asked |= {"temperature": 0, "ignore_eos": True}
    return asked


def _measure(ways: dict[str, tuple[int, int]], asked: dict[str, Any]) -> None:
    first: dict[str, list[float]] = {name: [] for name in ways}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    used: dict[str, list[float]] = {name: [] for name in ways}
    for port, _ in ways.values():
        while not asyncio.run(_stream(port, {**asked, "max_tokens": 1}))[1]:
            time.sleep(0.1)  # a router learns to know its workers first
    for _ in range(ROUNDS):
        for _ in range(SINGLES // ROUNDS):
            for name, (port, _) in ways.items():
                first[name].append(asyncio.run(_stream(port, {**asked, "max_tokens": 1}))[0])
        for name, (port, pid) in ways.items():
            began, cpu = time.perf_counter(), cpu_seconds(pid)
            pieces = asyncio.run(_streams(port, {**asked, "max_tokens": PIECES}))
            rates[name].append(pieces / (time.perf_counter() - began))
            used[name].append((cpu_seconds(pid) - cpu) / pieces)
    print(f"{'':14} first piece ms   pieces/s of {STREAMS}   fewer, %           CPU us a piece")
    by_hand = rates["by hand"]
    for name, (_, pid) in ways.items():
        own = f"{statistics.median(used[name]) * 1e6:8.0f}" if pid else ""
        less = [100 * (1 - rate / base) for rate, base in zip(rates[name], by_hand, strict=True)]
        range_ = f"{statistics.median(less):5.1f} ({min(less):.1f} to {max(less):.1f})"
        print(
            f"{name:14} {statistics.median(first[name]) * 1e3:14.2f} "
            f"{statistics.median(rates[name]):17.0f}   {range_ if pid else '':18} {own:>12}"
        )


async def _streams(port: int, asked: dict[str, Any]) -> int:
    found = await asyncio.gather(*(_stream(port, asked) for _ in range(STREAMS)))
    return sum(pieces for _, pieces in found)


async def _stream(port: int, asked: dict[str, Any]) -> tuple[float, int]:
    """Ask on a connection of its own; gives the seconds to the first piece, and their number."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps(asked).encode()
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    began = time.perf_counter()
    writer.write(head.encode() + body)
    first, pieces = 0.0, 0
    while data := await reader.read(65536):
        pieces += data.count(b"data: ")
        first = first or (time.perf_counter() - began if pieces else 0.0)
        if data.endswith(b"0\r\n\r\n"):
            break
    writer.close()
    return first, pieces


def cpu_seconds(pid: int) -> float:
    """Give the CPU seconds of a process and its children that live."""
    if not pid:
        return 0.0
    tick = os.sysconf("SC_CLK_TCK")
    total = 0
    for each in (pid, *_children(pid)):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / tick


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextlib.contextmanager
def _stand_in() -> Iterator[int]:
    port = free_port()
    with _process([sys.executable, __file__, "--origin", str(port)], port):
        yield port


@contextlib.contextmanager
def door(origin: int, path: str = PATH) -> Iterator[tuple[int, int]]:
    """Put a door before an engine that takes no key; gives its port and its process."""
    port = free_port()
    listener = open_listener(Listen("127.0.0.1", port, ""))
    terms = Terms("0" * 12, (Route(path, ("POST",)),), keyed=True, body=1 << 26)
    door = Door(terms, listener, os.environ)
    door.keys([NamedKey("bench", digest(KEY))])
    door.open(origin, "")
    door.start()
    while not door.pulse().ready:
        time.sleep(0.05)
    try:
        yield port, door.pid
    finally:
        door.end()
        listener.close()


@contextlib.contextmanager
def _other(name: str, origin: int) -> Iterator[tuple[int, int]]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="deployer-bench-") as folder:
        if name == "sglang-router":
            words = ROUTER.format(port=port, origin=origin, key=KEY, metrics=free_port()).split()
            with _process(words, port) as pid:
                yield port, pid
            return
        text = {"haproxy": HAPROXY, "nginx": NGINX}[name]
        file = Path(folder) / "conf"
        file.write_text(text.format(port=port, origin=origin, key=KEY, path=PATH, folder=folder))
        words = [name, "-f", str(file)] if name == "haproxy" else [name, "-c", str(file)]
        with _process(words, port) as pid:
            yield port, pid


@contextlib.contextmanager
def _process(words: list[str], port: int) -> Iterator[int]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, stdout=quiet, stderr=quiet) as process:
        try:
            while not _listens(port):
                time.sleep(0.05)
            yield process.pid
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    import socket  # noqa: PLC0415 - for this alone

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def _origin(port: int) -> None:
    """Be an engine's stand-in: every stream gets a piece each time that a step is over."""
    data = b'data: {"choices": [{"delta": {"content": "tok"}}], "id": "' + b"x" * 150 + b'"}\n\n'
    piece = b"%x\r\n%s\r\n" % (len(data), data)
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                asked = (await reader.readuntil(b"\r\n\r\n")).lower()
                if b"content-length:" not in asked:  # what sglang-router asks of its workers
                    writer.write(INFO)
                    continue
                size = int(asked.partition(b"content-length:")[2].split()[0])
                question = json.loads(await reader.readexactly(size))
                writer.write(head)
                # The router writes OpenAI's newer name of it.
                pieces = question.get("max_tokens") or question["max_completion_tokens"]
                for number in range(pieces):
                    if number:
                        await asyncio.sleep(PAUSE)
                    writer.write(piece)
                writer.write(b"0\r\n\r\n")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
