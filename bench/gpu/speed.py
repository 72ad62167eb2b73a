"""How fast servers are over concurrency, by a client of our own (``client.py``).

    python3 bench/gpu/speed.py PLAN OUT [--python PYTHON] [--only NAME,NAME]

The servers of the plan start side by side, of its shape or their own, with dummy weights or the
plan's ``load``, and are asked one after another: each stream has the plan's number of random tokens
in and out, ``rounds`` times. A server's ``gpu`` is the one that it gets, its ``concurrency`` those
that it is asked at. For each row of ``door`` it is then asked as clients ask, by hand and through
our door in turns. OUT gets ``speed-ENGINE.json``, rewritten after every row.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import machine
from client import ask
from options import Form, begin, parser
from server import Server
from shapes import folder

FORM = Form(
    "servers", "name port words", "shape env gpu concurrency",
    beside="shape words input output concurrency rounds run", more="env timeout door load",
)  # fmt: skip


def main() -> int:
    """Run the plan; 1 when a server did not come up or a run was lost."""
    options = _options()
    plan, chosen = begin(options, FORM)
    plan["servers"] = [one for one in plan["servers"] if chosen(one)]
    result = {"question": "speed", **machine.with_engine(options.python), **plan, "rows": []}
    path = options.out / f"speed-{result['versions']['sglang']}{options.suffix}.json"
    servers = {one["name"]: _start(one, plan, options) for one in plan["servers"]}
    limit = time.monotonic() + plan.get("timeout", 300)
    try:
        for one in plan["servers"]:
            server = servers[one["name"]]
            ready = server.wait(partial(server.has, "ready"), limit - time.monotonic())
            one["ready"] = next((s["at"] for s in server.steps if s["step"] == "ready"), None)
            one["steps"] = server.steps
            if not ready:
                one["tail"] = [line[:300] for line in server.lines[-15:]]
            machine.write(path, result)
        for streams in plan["concurrency"]:
            for one in plan["servers"]:
                if one["ready"] is None or streams not in one.get("concurrency", [streams]):
                    continue
                rounds = plan["rounds"].get(str(streams), 1)
                size = (plan["input"], plan["output"])
                ask(one["port"], 1, 1, size, plan["run"])  # what is compiled at first is not asked
                row = {
                    "server": one["name"], "streams": streams,
                    **ask(one["port"], streams, streams * rounds, size, plan["run"]),
                }  # fmt: skip
                result["rows"].append(row)
                machine.write(path, result)
                print(json.dumps(row), flush=True)
        for one in plan["servers"]:
            for row in _ways(one, plan) if one["ready"] is not None else ():
                result["rows"].append(row)
                machine.write(path, result)
                print(json.dumps(row), flush=True)
    finally:
        for server in servers.values():
            server.end()
    lost = [row for row in result["rows"] if "error" in row]
    return int(any(one["ready"] is None for one in plan["servers"]) or bool(lost))


def _ways(one: dict[str, Any], plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Ask a server by hand and through a door, in turns: what the door costs is the difference."""
    if not plan.get("door"):
        return
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the door is deployer's own
    doors: Any = import_module("bench.door")
    with doors.door(one["port"], "/v1/completions") as (port, pid):
        for asked in plan["door"]:
            size = (asked["input"], asked["output"])
            for number in range(asked["rounds"]):
                turns = ("by hand", one["port"]), ("the door", port)
                for way, at in turns if number % 2 else turns[::-1]:
                    began = doors.cpu_seconds(pid)
                    row = ask(at, asked["streams"], asked["requests"], size, plan["run"], doors.KEY)
                    yield {
                        "server": one["name"], "way": way, "round": number,
                        "streams": asked["streams"], "input": size[0], "output": size[1], **row,
                        "door_cpu_s": round(doors.cpu_seconds(pid) - began, 2),
                    }  # fmt: skip


def _start(one: dict[str, Any], plan: dict[str, Any], options: argparse.Namespace) -> Server:
    model = str(folder(one.get("shape", plan["shape"]), options.out / "models"))
    words = [
        options.python, "-m", "sglang.launch_server", "--model-path", model, "--load-format",
        plan.get("load", "dummy"), "--host", "127.0.0.1", "--port", str(one["port"]),
        *plan["words"], *one["words"],
    ]  # fmt: skip
    environ = {**os.environ, "PYTHONUNBUFFERED": "1", **plan.get("env", {}), **one.get("env", {})}
    if "gpu" in one:
        environ["CUDA_VISIBLE_DEVICES"] = str(one["gpu"])
    return Server(words, environ, options.out / f"speed-{one['name']}.log")


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "", "servers")
    return made.parse_args()


if __name__ == "__main__":
    sys.exit(main())
