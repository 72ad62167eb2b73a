"""How fast one server is over concurrency, by the engine's own client (``sglang.bench_serving``).

    python3 bench/gpu/speed.py PLAN OUT [--python PYTHON]

The server of the plan runs with dummy weights; every stream has the plan's number of random tokens
in and out. OUT gets ``speed-ENGINE.json``, rewritten after every concurrency.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import machine
from server import Server
from shapes import folder

KEPT = (
    "request_throughput", "input_throughput", "output_throughput", "mean_ttft_ms", "p99_ttft_ms",
    "mean_tpot_ms", "p99_tpot_ms", "completed", "duration",
)  # fmt: skip


def main() -> int:
    """Run the plan; 1 when the server did not come up or a run was lost."""
    options = _options()
    plan = json.loads(options.plan.read_text(encoding="utf-8"))
    options.out.mkdir(parents=True, exist_ok=True)
    result = {"question": "speed", **machine.describe(options.python), **plan, "rows": []}
    path = options.out / f"speed-{result['versions']['sglang']}.json"
    model = str(folder(plan["shape"], options.out / "models"))
    words = [
        options.python, "-m", "sglang.launch_server", "--model-path", model, "--load-format",
        "dummy", "--host", "127.0.0.1", "--port", str(plan["port"]), *plan["words"],
    ]  # fmt: skip
    environ = {**os.environ, "PYTHONUNBUFFERED": "1", **plan.get("env", {})}
    server = Server(words, environ, options.out / "speed.log")
    try:
        ready = server.wait(lambda: server.has("ready"), plan.get("timeout", 300))
        for streams in plan["concurrency"] if ready else []:
            row = _row(plan, streams, model, options)
            result["rows"].append(row)
            machine.write(path, result)
            print(json.dumps(row), flush=True)
    finally:
        server.end()
    lost = [row for row in result["rows"] if "error" in row]
    return int(not ready or bool(lost))


def _row(
    plan: dict[str, Any], streams: int, model: str, options: argparse.Namespace
) -> dict[str, Any]:
    out = options.out / f"speed-{streams}.jsonl"
    out.unlink(missing_ok=True)
    words = [
        options.python, "-m", "sglang.bench_serving", "--backend", "sglang", "--host", "127.0.0.1",
        "--port", str(plan["port"]), "--dataset-name", "random-ids", "--model", model,
        "--random-input-len", str(plan["input"]), "--random-output-len", str(plan["output"]),
        "--random-range-ratio", "1", "--num-prompts", str(max(4, streams * plan["rounds"])),
        "--max-concurrency", str(streams), "--output-file", str(out), "--disable-tqdm",
    ]  # fmt: skip
    ran = subprocess.run(
        words, check=False, capture_output=True, text=True, timeout=plan.get("run", 120)
    )
    try:
        found = json.loads(out.read_text(encoding="utf-8").splitlines()[-1])
    except (OSError, IndexError, ValueError):
        return {"streams": streams, "error": (ran.stderr or ran.stdout)[-600:]}
    values = {name: found[name] for name in KEPT if name in found}
    rounded = {
        name: round(each, 2) if isinstance(each, float) else each for name, each in values.items()
    }
    return {"streams": streams, **rounded}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--python", default=sys.executable, help="the engine environment's own")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
