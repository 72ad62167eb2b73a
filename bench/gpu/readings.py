"""The engine's log as figures: what it loaded, which pools it made, and what was free, in order."""

from __future__ import annotations

import re
from typing import Any

GIB = r"(?P<{}>\d+(?:\.\d+)?) GB"

RANK = re.compile(r"^\[[^\]]*? TP(?P<rank>\d+)[^\]]*\]")
"""How the line of one of several ranks begins (``scheduler.py``, ``configure_logger``)."""

STEPS = {
    "joined": re.compile(
        r"Init torch distributed ends\. elapsed=(?P<seconds>[\d.]+) s, "
        r"mem usage=(?P<taken>-?\d+(?:\.\d+)?) GB"
    ),
    "fused": re.compile(
        r"FlashInfer AllReduce Fusion enabled and workspace initialized: backend=(?P<what>\w+)"
    ),
    "load": re.compile(r"Load weight begin\. avail mem=" + GIB.format("free")),
    "loaded": re.compile(
        r"Load weight end\.(?: elapsed=(?P<seconds>[\d.]+) s,)?.*?type=(?P<type>\w+).*avail mem="
        + GIB.format("free")
        + r"(?:, mem usage=(?P<taken>\d+(?:\.\d+)?) GB)?"
    ),
    "cache": re.compile(
        r"KV Cache is allocated\..*?#tokens: (?P<tokens>\d+), (?P<sizes>.*size.*GB)"
    ),
    "pool": re.compile(r"Memory pool end\. avail mem=" + GIB.format("free")),
    "capture": re.compile(
        r"Capture (?P<what>.*?) begin\..*avail mem=" + GIB.format("free"), re.IGNORECASE
    ),
    "captured": re.compile(
        r"Capture (?P<what>.*?) end\..*?(?:elapsed[=:] ?(?P<seconds>[\d.]+) s)?[.,].*"
        r"avail mem=" + GIB.format("free"),
        re.IGNORECASE,
    ),
    "sized": re.compile(
        r"max_total_num_tokens=(?P<tokens>\d+).*?max_running_requests=(?P<requests>\d+)"
    ),
    "timings": re.compile(r"Engine startup timings \(s\): (?P<text>.*)"),
    "ready": re.compile(r"The server is fired up"),
}
"""What the engine says on its way (0.5.10.post1 and 0.5.17, ``model_runner.py``,
``kv_cache_configurator.py``, ``eagle_worker*.py``); "GB" in its log are GiB."""

NUMBERS = ("free", "taken", "seconds")


def read(line: str, seconds: float) -> dict[str, Any] | None:
    """Read one line that was written ``seconds`` after the start; None if it says nothing here."""
    for step, pattern in STEPS.items():
        if found := pattern.search(line):
            rank = RANK.match(line)
            own = {"rank": int(rank["rank"])} if rank else {}
            return {"at": round(seconds, 2), "step": step, **own, **_values(found.groupdict())}
    return None


def _values(groups: dict[str, str | None]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in groups.items():
        if text is None:
            continue
        if name in NUMBERS:
            values[name] = float(text)
        elif name in ("tokens", "requests"):
            values[name] = int(text)
        else:
            values[name] = text.strip(" .,")
    return values
