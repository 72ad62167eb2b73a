"""Whether `deployer bench` gives the figures of the tool that it drives, run by hand.

Against a deployment of this machine that serves: five pairs, one of each in turns, every run with
prompts of its own. Of each figure the mean of both sides is printed with its 95 % interval
(Student's t, four degrees of freedom), and whether the two intervals overlap. Exits 1 where two
intervals do not.

    python -m bench.load cpu-tiny
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from deployer.apply.local.connection import connect
from deployer.cli.benching import tool_environment
from deployer.engine.model import tiny_model
from deployer.facts.cpu import SWITCH

PAIRS = 5
T95 = 2.776
"""Student's t of four degrees of freedom at 97.5 %."""

INPUTS, OUTPUTS, CONCURRENCY, REQUESTS = 128, 32, 4, 80

FIGURES = {
    "output tokens/s": ("output_rate", "output_throughput"),
    "first token p50": ("first_token.p50", "median_ttft_ms"),
    "first token p95": ("first_token.p95", "p95_ttft_ms"),
    "between p50": ("between.p50", "median_itl_ms"),
    "between p95": ("between.p95", "p95_itl_ms"),
    "each token p50": ("each_token.p50", "median_tpot_ms"),
    "whole p50": ("whole.p50", "median_e2e_latency_ms"),
    "whole p95": ("whole.p95", "p95_e2e_latency_ms"),
}


def main() -> int:
    name = sys.argv[1]
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    for pair in range(PAIRS):
        turns = [(ours, _bench), (theirs, _by_hand)]
        for found, measure in turns if pair % 2 == 0 else reversed(turns):
            found.append(measure(name))
        print(f"pair {pair + 1} of {PAIRS}: {ours[-1]['output tokens/s']:.1f} and "
              f"{theirs[-1]['output tokens/s']:.1f} tokens/s", flush=True)  # fmt: skip
    print(f"{'':<16} {'deployer bench':>24} {'by hand':>24}  overlap")
    apart = 0
    for figure in FIGURES:
        one, other = ([run[figure] for run in runs] for runs in (ours, theirs))
        (low, high), (below, above) = _interval(one), _interval(other)
        overlap = low <= above and below <= high
        apart += not overlap
        print(f"{figure:<16} {_shown(one):>24} {_shown(other):>24}  {'yes' if overlap else 'NO'}")
    return 1 if apart else 0


def _bench(name: str) -> dict[str, float]:
    words = [sys.executable, "-m", "deployer", "bench", name, "--input", str(INPUTS)]
    words += ["--output", str(OUTPUTS), "--concurrency", str(CONCURRENCY)]
    words += ["--requests", str(REQUESTS), "--format", "json"]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    point = json.loads(said)["run"]["points"][0]
    return {figure: _at(point, ours) for figure, (ours, _) in FIGURES.items()}


def _at(value: object, path: str) -> float:
    for key in path.split("."):
        value = value[key]  # type: ignore[index]
    return float(value)  # type: ignore[arg-type]


def _by_hand(name: str) -> dict[str, float]:
    engine, here = tool_environment(), connect(name)
    model = tiny_model()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.jsonl"
        words = [str(engine.python), "-m", "sglang.benchmark.serving"]
        words += ["--backend", "sglang-oai-chat", "--base-url", here.url, "--model", str(model)]
        words += ["--served-model-name", here.release.model.served_name, "--tokenizer", str(model)]
        words += ["--dataset-name", "random-ids", "--random-range-ratio", "1"]
        words += ["--random-input-len", str(INPUTS), "--random-output-len", str(OUTPUTS)]
        words += ["--num-prompts", str(REQUESTS), "--max-concurrency", str(CONCURRENCY)]
        words += ["--seed", str(int.from_bytes(os.urandom(3))), "--output-file", str(out)]
        absent = Path(__file__).parent.parent / "deployer" / "measure" / "absent"
        key = {"OPENAI_API_KEY": here.api_key} if here.api_key else {}
        env = {**os.environ, SWITCH: "1", "PYTHONPATH": str(absent), **key}
        subprocess.run(words, check=True, capture_output=True, env=env)
        found = json.loads(out.read_text())
    return {figure: float(found[theirs]) for figure, (_, theirs) in FIGURES.items()}


def _interval(runs: list[float]) -> tuple[float, float]:
    half = T95 * statistics.stdev(runs) / math.sqrt(len(runs))
    return statistics.mean(runs) - half, statistics.mean(runs) + half


def _shown(runs: list[float]) -> str:
    low, high = _interval(runs)
    return f"{statistics.mean(runs):.1f} [{low:.1f}, {high:.1f}]"


if __name__ == "__main__":
    sys.exit(main())
