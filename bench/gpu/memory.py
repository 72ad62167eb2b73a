"""What lies in GPU memory: weights, pool, what is free on the way, of each case of a plan.

    python3 bench/gpu/memory.py PLAN OUT [--python PYTHON] [--only NAME,NAME] [--ahead N] [--gpu N]

A case is a model's shape, with ``layers`` of it, and the words of its server. It runs with dummy
weights (words can say otherwise) until the log has told of ``pools`` memory pools, or, with
``ready``, until it serves; then ``prompts`` of so many tokens are sent. The servers touch the GPU
one after another; ``--ahead`` are started early and held before they do. ``forget`` drops a
checkpoint from the page cache at first. A case with `--tp-size` has so many ranks, each with steps
of its own, on as many GPUs; ``--gpu`` gives the cases one GPU alone, so that two plans can run side
by side. ``cache`` is a folder of kernels that are listed at the end. OUT gets
``memory-ENGINE.json``, rewritten after every case, and a log a case.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import machine
from loaders import forget
from options import Form, begin, parser
from server import GONE, Server, call
from shapes import folder

FORM = Form(
    "cases", "name shape port words", "layers env pools ready prompts timeout forget cache",
    more="question",
)  # fmt: skip

FREED = 300
"""MiB above the start within which the GPU counts as free again."""


def main() -> int:
    """Run the plan; 1 when a case did not come as far as it was meant to."""
    options = _options()
    plan, chosen = begin(options, FORM)
    cases = [case for case in plan["cases"] if chosen(case)]
    result = {
        "question": plan.get("question", "memory"),
        **machine.with_engine(options.python),
        "cases": [],
    }
    engine = result["versions"]["sglang"]
    path = options.out / f"{result['question']}-{engine}{options.suffix}.json"
    if options.pools:
        cases = [{**case, "ready": False} for case in cases]
    ahead: list[Server] = []
    failed = False
    base = machine.used(options.gpu)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        for index, case in enumerate(cases):
            while len(ahead) < min(1 + options.ahead, len(cases) - index):
                ahead.append(_start(cases[index + len(ahead)], options, held=True))
            found = _measure(ahead[0], case)
            ahead.pop(0)
            result["cases"].append(found)
            machine.write(path, result)
            failed |= not found["reached"]
            print(_line(found), flush=True)
            _until_free(base, options.gpu)
    finally:
        for server in ahead:
            server.end()
    return int(failed)


def _start(case: dict[str, Any], options: argparse.Namespace, *, held: bool) -> Server:
    model = folder(case["shape"], options.out / "models", case.get("layers"))
    words = [
        options.python, "-m", "sglang.launch_server", "--model-path", str(model),
        "--load-format", "dummy", "--host", "127.0.0.1", "--port", str(case["port"]),
        *case["words"],
    ]  # fmt: skip
    environ = {**os.environ, "PYTHONUNBUFFERED": "1", **case.get("env", {})}
    if options.gpu is not None:
        environ["CUDA_VISIBLE_DEVICES"] = str(options.gpu)
    return Server(
        words, environ, options.out / f"{case['name']}.log", held=held, ranks=ranks(case["words"])
    )


def ranks(words: list[str]) -> int:
    """Give how many tensor-parallel ranks the words of a server make."""
    return int(words[words.index("--tp-size") + 1]) if "--tp-size" in words else 1


def _measure(server: Server, case: dict[str, Any]) -> dict[str, Any]:
    """Let the server have the GPU until the case's end; it is gone afterwards."""
    if "forget" in case:
        forget(sorted(map(str, Path(case["shape"]).glob("*.safetensors"))))
    server.resume()
    resumed = time.monotonic()
    pools, ready = case.get("pools", 1), bool(case.get("ready"))
    reached = server.wait(
        lambda: server.has("ready") if ready else server.has("pool", pools * server.ranks),
        case.get("timeout", 240),
    )
    found: dict[str, Any] = {
        "name": case["name"], "shape": case["shape"], "layers": case.get("layers"),
        "words": case["words"],
        "env": case.get("env", {}), "reached": reached,
        "seconds": round(time.monotonic() - resumed, 1),
    }  # fmt: skip
    if reached and ready:
        found |= _ask(case)
    elif not reached:
        found["tail"] = [line[:300] for line in server.lines[-15:]]
    if reached and ready:
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.wait(lambda: False, 20)
        found["ended"] = {
            "code": server.process.poll(), "seconds": round(time.monotonic() - began, 2)
        }  # fmt: skip
    server.end()
    if "cache" in case:
        found["kernels"] = sorted(each.parent.name for each in Path(case["cache"]).rglob("*.cubin"))
    found["steps"] = server.steps
    return found


def _ask(case: dict[str, Any]) -> dict[str, Any]:
    """Ask a ready server what it holds, and whether it bears prompts of so many tokens."""
    port = case["port"]
    _, info = call(port, "/get_server_info")
    states = info.get("internal_states") or [] if isinstance(info, dict) else []
    kept = ("max_total_num_tokens", "mem_fraction_static", "chunked_prefill_size", "page_size")
    found: dict[str, Any] = {
        "info": {name: info.get(name) for name in kept if isinstance(info, dict)},
        "memory_usage": [each.get("memory_usage") for each in states],
        "used_mib": machine.used_each(),
        "prompts": [],
    }
    for tokens in case.get("prompts", []):
        began = time.monotonic()
        ids = [7919 * index % 1000 + 20 for index in range(tokens)]
        sampling = {"max_new_tokens": 16, "ignore_eos": True, "temperature": 0}
        status, answer = call(port, "/generate", {"input_ids": ids, "sampling_params": sampling})
        said = answer.get("meta_info", {}) if isinstance(answer, dict) else {"why": answer}
        found["prompts"].append({
            "tokens": tokens, "status": status, "seconds": round(time.monotonic() - began, 2),
            "accepted": said.get("spec_accept_length"), "why": said.get("why"),
        })  # fmt: skip
    found["used_mib_after"] = machine.used_each()
    return found


def _until_free(base: int, gpu: int | None) -> None:
    limit = time.monotonic() + GONE
    while machine.used(gpu) > base + FREED and time.monotonic() < limit:
        time.sleep(0.3)


def _line(found: dict[str, Any]) -> str:
    steps = " ".join(
        f"{each['step']}{each.get('rank', '')}:"
        f"{each.get('tokens', each.get('free', each.get('taken', '')))}"
        for each in found["steps"]
    )
    mark = "ok" if found["reached"] else "NOT REACHED"
    line = f"{found['name']:28} {mark} {found['seconds']:6.1f} s  {steps}"
    return "\n    ".join([line, *found.get("tail", [])])


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "", "cases")
    made.add_argument("--ahead", type=int, default=2, help="servers that import early")
    made.add_argument("--pools", action="store_true", help="no case goes on until it serves")
    made.add_argument("--gpu", type=int, help="the one GPU that these cases get (default: all)")
    return made.parse_args()


if __name__ == "__main__":
    sys.exit(main())
