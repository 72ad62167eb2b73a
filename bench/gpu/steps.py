"""Several of these scripts one after the other, within the seconds that a machine is there for.

    python3 bench/gpu/steps.py PLAN OUT SECONDS PACK [--only NAME,NAME]

A step is a list of commands that run side by side, each with a name, its words and at most so many
seconds; `{out}` in them is OUT, `{python}` the interpreter that runs this. A command that comes too
late is ended with all that it has started, and the next step begins; the last ones get no more than
what is left. All of OUT but models and caches is packed to the file PACK every few seconds, so
that a machine that is taken away leaves what was measured so far.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from options import Form, read_plan, refuse

FORM = Form("steps", "name limit words", "env")

PACK_EVERY = 20.0
LEAST = 10.0
"""Seconds that must be left for a command to be started."""

GRACE = 8.0
"""Seconds that a command gets to end what it has started."""

LARGE = 12 << 20
"""Bytes of a file that is left out of the pack."""

LEFT_OUT = {"models", "caches"}
"""Folders that are left out of it."""


def main() -> int:
    """Take every step; 1 when a command failed, was ended or was not started."""
    options = _options()
    plan = read_plan(options.plan, FORM)
    options.out.mkdir(parents=True, exist_ok=True)
    only = set(filter(None, options.only.split(","))) or None
    if unknown := sorted((only or set()) - {each["name"] for each in FORM.things(plan)}):
        refuse(f"--only: {options.plan} has no {', '.join(unknown)}")
    deadline = time.monotonic() + options.seconds
    done = threading.Event()
    packer = threading.Thread(target=_keep_packed, args=(options, done))
    packer.start()
    codes: list[int | str] = []
    try:
        for step in plan["steps"]:
            commands = [each for each in step if only is None or each["name"] in only]
            codes += _side_by_side(commands, options.out, deadline)
    finally:
        done.set()
        packer.join()
    return int(any(code != 0 for code in codes))


def _side_by_side(commands: list[dict[str, Any]], out: Path, deadline: float) -> list[int | str]:
    codes: list[int | str] = []
    threads = [
        threading.Thread(target=lambda one=one: codes.append(_run(one, out, deadline)))
        for one in commands
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def _run(command: dict[str, Any], out: Path, deadline: float) -> int | str:
    """Run a command to its end or its limit; gives its code, or why it has none."""
    left = deadline - time.monotonic()
    if left < LEAST:
        return _told(command, "not started: no time was left")
    began = time.monotonic()
    words = [each.format(out=out, python=sys.executable) for each in command["words"]]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1", **command.get("env", {})}
    with (out / f"{command['name']}.txt").open("wb") as log:
        process = subprocess.Popen(
            words, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(min(command["limit"], left))
        except subprocess.TimeoutExpired:
            family = _below(process.pid)
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            for pid in (*family, *_below(process.pid)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    took = time.monotonic() - began
    return _told(command, f"{took:.0f} s", process.returncode)


def _told(command: dict[str, Any], what: str, code: int | None = None) -> int | str:
    said = what if code is None else f"code {code} after {what}"
    print(f"{time.strftime('%H:%M:%S')} {command['name']}: {said}", flush=True)
    return what if code is None else code


def _below(leader: int) -> list[int]:
    """Give every process that descends from one, by the kernel's table."""
    above: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError, ValueError):
            above[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
    found: list[int] = []
    todo = [leader]
    while todo:
        parent = todo.pop()
        children = [pid for pid, own in above.items() if own == parent]
        todo += children
        found += children
    return found


def _keep_packed(options: argparse.Namespace, done: threading.Event) -> None:
    while True:
        over = done.wait(PACK_EVERY)
        with suppress(OSError):
            _pack(options.out, options.pack)
        if over:
            return


def _pack(out: Path, pack: Path) -> None:
    part = pack.with_name(f".{pack.name}.part")
    with tarfile.open(part, "w:gz", compresslevel=6) as archive:
        for path in sorted(out.rglob("*")):
            if path.is_file() and not LEFT_OUT & {*path.parts} and path.stat().st_size < LARGE:
                archive.add(path, path.relative_to(out))
    part.replace(pack)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("seconds", type=float)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--only", default="", help="names of commands, with commas between them")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
