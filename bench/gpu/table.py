"""What was measured, as tables: ``python bench/gpu/table.py`` writes docs/measured.md.

Beside every pool stands what `fit` says of the same words, from the shape's own config.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import door_table
import start_table
from page import section
from shapes import config

from deployer.behaviour.fraction import own
from deployer.behaviour.pool import held, pool
from deployer.behaviour.settings import Settings, of_flags
from deployer.facts.models.checkpoint import CONFIG, from_files

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "measured.md"
HEAD = """# Measured on a GPU

Made by `python bench/gpu/table.py` from `bench/gpu/results/`; the scripts and their plans are
described in `bench/gpu/README.md`. One run each. The models are shapes: a real config with fewer
layers and dummy weights. GiB are as the engine logs them.
"""

TAIL = """## Not measured

- More than two GPUs, pipelines, real weights of a whole model, releases after 0.5.17 on a GPU.
- What is free after the CUDA graphs, but for one case: the others end when the pools are made, and
  where graphs were captured another server stood on the same GPU.
- Dense attention with a draft: Qwen3-32B brings none of its own, and no other repository was there.
- Loaders of what is not safetensors (`pt`, `npcache`, `gguf`, `bitsandbytes`), of weights that were
  divided before (`sharded_state`, `presharded`), of other servers (`remote`, `remote_instance`),
  `layered` and `flash_rl`.
- Speed through `deployer bench`: a client of our own asked, which sends token ids.
- A door that is stopped (SIGSTOP): it was only killed.
- A server that dies of its first long prompt at a fraction of 0.98 without anybody else on the GPU:
  it was seen once, by hand, and not again in three starts with 48 requests at most.
- DeepGEMM's kernels made with dummy weights, served with real ones: compared file by file alone.
- A Modal volume, a container of Modal, and an image that has kernels from its build.
"""


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def page() -> str:
    """Make the page of every result."""
    results = [json.loads(path.read_text("utf-8")) for path in sorted(HERE.glob("results/*.json"))]
    return "\n".join([HEAD, *(SECTIONS[each["question"]](each) for each in results), TAIL])


def settings(case: dict[str, Any], version: str) -> Settings:
    """Read a case's words as the estimate reads them, on an H200."""
    said = config(case["shape"], case.get("layers"))
    flags: dict[str, str] = {}
    for word in case["words"]:
        if word.startswith("--"):
            flags[word] = ""
        else:
            flags[list(flags)[-1]] = word
    return of_flags(from_files("local/shape", "", {CONFIG: said}), "H200", version, flags)


def reckoned(case: dict[str, Any], version: str) -> tuple[float, float, int]:
    """Give the GiB of the weights, those that are loaded after the pool, and the pool's tokens."""
    said = settings(case, version)
    fraction = own(said).fraction if said.fraction is None else said.fraction
    found, tokens = held(said, fraction), pool(said, fraction)
    return found.weights + found.copies, found.later, tokens.tokens if tokens else 0


def tokens(case: dict[str, Any]) -> int:
    """Give the target's pool as the engine made it; 0 where it found no room."""
    return next((each["tokens"] for each in case["steps"] if each["step"] == "cache"), 0)


def weights(case: dict[str, Any]) -> list[float]:
    """Give the GiB of each model that was loaded, in order: those of the fullest rank."""
    ranks: dict[int, list[float]] = {}
    for each in case["steps"]:
        if each["step"] == "loaded":
            ranks.setdefault(each.get("rank", 0), []).append(each["taken"])
    return max(ranks.values(), default=[])


def before(case: dict[str, Any]) -> float:
    """Give the GiB that were free of the fullest GPU before anything was loaded."""
    first: dict[int, float] = {}
    for each in case["steps"]:
        if each["step"] == "load":
            first.setdefault(each.get("rank", 0), each["free"])
    return min(first.values())


def _memory(result: dict[str, Any]) -> str:
    version = result["versions"]["sglang"]
    rows = [
        "case | before loading | weights | weights by fit | pool | pool by fit | off | free after"
    ]
    for case in result["cases"]:
        steps, made = case["steps"], tokens(case)
        after = [each["free"] for each in steps if each["step"] == "pool"]
        early, late, guess = reckoned(case, version)
        by_fit = f"{early:.2f}" + (f", later {late:.2f}" if late else "")
        real = " + ".join(f"{each:.2f}" for each in weights(case))
        off = f"{100 * (guess / made - 1):+.2f} %" if made else "no room in either" * (not guess)
        rows.append(
            f"{case['name'].removesuffix('-ready')} | {before(case):.2f} | {real} | {by_fit} | "
            f"{made:,} | {guess:,} | {off} | {after[-1] if after else ''}{_short(case)}"
        )
    note = " ".join(filter(None, [_order(result), _ranks(result), _graphs(result)]))
    starts = start_table.again(result)
    return section("Memory", result, rows, f"{note}\n\n{starts}" if starts else note)


def _short(case: dict[str, Any]) -> str:
    if case["reached"] or not tokens(case):
        return ""
    if case["name"].endswith("-ready"):
        return " (was not ready after {:.0f} s)".format(case["seconds"])
    return " (the draft's dummy load then ran out)"


def _ranks(result: dict[str, Any]) -> str:
    """Say what ranks take to know each other, where there are several."""
    joined = {
        each["taken"]
        for case in result["cases"]
        for each in case["steps"]
        if each["step"] == "joined" and each["taken"] and "rank" in each
    }
    if not joined:
        return ""
    spread = " to ".join(f"{each:.2f}" for each in sorted({min(joined), max(joined)}))
    return (
        f"Joining takes {spread} GiB of each GPU (NCCL, and the engine's own all-reduce where it is"
        " not switched off), without NVLink multicast. Figures are those of the fullest rank; a"
        " pool is one data-parallel rank's: a server of two (dp2) has twice as many tokens."
    )


def _graphs(result: dict[str, Any]) -> str:
    """Say what the CUDA graphs left free, of the cases that were waited for until they served."""
    told = []
    for case in result["cases"]:
        left = [each["free"] for each in case["steps"] if each["step"] == "captured"]
        if case["name"].endswith("-ready") and case["reached"] and left:
            told.append(f"{case['name'].removesuffix('-ready')} {left[-1]:.2f} GiB")
    return f"Free after all CUDA graphs: {', '.join(told)}." if told else ""


def _order(result: dict[str, Any]) -> str:
    drafting = [each for each in result["cases"] if "--speculative-algorithm" in each["words"]]
    steps = [each["step"] for each in drafting[0]["steps"]] if drafting else []
    if steps.count("load") <= 1:
        return ""
    late = steps.index("cache") < len(steps) - 1 - steps[::-1].index("load")
    what = "after the target's pool is sized" if late else "before the target's pool is sized"
    return f"The model that drafts is loaded {what}, by the order of the log's lines."


def _life(result: dict[str, Any]) -> str:
    rows = ["scenario | words | serving after | told | ms after | exit | left | seen from outside"]
    for each in result["scenarios"]:
        serving = [one["ms"] for one in each["started"] if one["phase"] == "serving"]
        started = f"{serving[0] / 1000:.0f} s" if serving else "never"
        boots = [one["message"] for one in each["started"] if one["phase"] == "boot"]
        started += f" ({boots[0].partition(': ')[2].partition(', unk')[0]})" if boots else ""
        held = each.get("held_s", 0)
        started += f", {held:.0f} s of it held" if held else ""
        told, after = _said(each)
        seen = "; ".join(f"{one['ms']} ms: {one['what']}" for one in each["observed"][-2:])
        rows.append(
            f"{each['name']} | {' '.join(each['words'])} | {started} | {told} | {after} | "
            f"{each['exit']} | {len(each['left'])} | {seen}"
        )
    note = "What was told of a failure is the last headline. A release's own words are not shown."
    stops = [each for each in result["scenarios"] if _stopped(each)]
    if stops and "stacks" in stops[0]:
        frames = ", ".join(str(each["stacks"]["frames"]) for each in stops)
        own = ", ".join(str(each["stacks"].get("stopped", 0)) for each in stops)
        note += (
            f" `lifecycle.hang_timeout` was {stops[0]['lifecycle']['hang']} s for those that were"
            f" stopped; py-spy wrote {frames} frames of {stops[0]['stacks']['processes']} processes"
            f" each to the log, {own} of them of the stopped process itself."
        )
    elif stops:
        note += (
            f" A scenario that stops a process waits {stops[0]['fault']['watch']} s, lets it go on,"
            " and asks for the end: in between `/health` was silent, as was the runtime of then."
        )
    if any(each.get("held_s") for each in result["scenarios"]):
        note += (
            " Milliseconds of a start that failed are those after the first line of the log that"
            " tells of it. A GPU was filled by another process, where it was not full by itself;"
            " the runtime has since learnt to name that process (`gpu-held-by-another`)."
        )
    return section("Life", result, rows, note)


def _said(scenario: dict[str, Any]) -> tuple[str, int | str]:
    """Give what was told of the fault, and when."""
    failed = [each for each in scenario["events"] if each["state"] == "failed"]
    ends = [
        each
        for each in [*scenario["started"], *scenario["events"]]
        if each["phase"] in ("ended", "drain", "serving", "load", "warmup")
        and each["state"] in ("done", "failed")
    ]
    if not scenario["events"] or (not failed and scenario.get("failed_ms") is not None):
        after = scenario.get("failed_ms") or 0
        return scenario["headline"], after if after > 0 else ""  # no moment was marked
    lost = [
        each
        for each in scenario["events"]
        if each["phase"] == "serving"
        and each["state"] == "progress"
        and "has ended" in each["message"]
    ]
    told = next(iter([*lost, *failed]), None) or next(
        each for each in ends if each in scenario["events"]
    )
    return told["message"], told["ms"]


def _stopped(scenario: dict[str, Any]) -> bool:
    return bool(scenario["fault"]) and scenario["fault"].get("signal") == "SIGSTOP"


def _loaders(result: dict[str, Any]) -> str:
    rows = ["loader | ranks | from | our read-ahead | GB/s"]
    rows += [
        f"{each['loader']} | {each.get('ranks', 1)} | "
        f"{'the disk' if each['cold'] else 'the page cache'} | "
        f"{'yes' if each['read_ahead'] else 'no'} | {each.get('gb_per_s', each.get('error'))}"
        for each in result["rows"]
    ]
    size = (
        f"{result['bytes'] / 1e9:.1f} GB in {result['files']} files, each read by every rank, which"
        " takes its part; GB/s are those of the files."
    )
    return section("Loaders", result, rows, size)


def _speed(result: dict[str, Any]) -> str:
    plain = [row for row in result["rows"] if "way" not in row]
    head = ("server", "streams", "requests", "output tokens/s", "first token, ms", "each token, ms")
    rows = [" | ".join([*head[:4], "predicted", head[4], "predicted", head[5], "predicted"])]
    rows += [
        f"{row['server']} | {row['streams']} | {row['completed']} | {row['output_per_s']:,.0f} | "
        f"{_predicted(row, 'output_per_s')} | "
        f"{row['first_ms'][0]:,.0f} (at most {row['first_ms'][1]:,.0f}) | "
        f"{_predicted(row, 'first_ms')} | {row['each_ms'][0]:.1f} | {_predicted(row, 'each_ms', 1)}"
        for row in plain
    ]
    servers = "; ".join(
        f"{' '.join([each['name'], *result['words'], *each['words']])}, "
        f"ready after {each['ready']:.0f} s"
        for each in result["servers"]
    )
    note = (
        f"{result['shape']}, dummy weights, {result['input']} random tokens in and "
        f"{result['output']} out. Servers: {servers}. They stood on"
        " the same GPUs and were asked one after the other. Times are medians. The streams"
        " of a row all begin at once, so that their first tokens wait for each other's prompts."
    )
    note += f" {result['note']}" if "note" in result else ""
    if predictor := result.get("predictor"):
        note += f" Predictions are `deployer predict`'s for the same requests ({predictor})."
    ways = door_table.of(result)
    return section("Speed", result, rows, f"{note}\n\n{ways}" if ways else note)


def _predicted(row: dict[str, Any], name: str, digits: int = 0) -> str:
    found = row.get("predicted")
    return "" if found is None else f"{found[name]:,.{digits}f}"


SECTIONS = {
    "memory": _memory, "life": _life, "loaders": _loaders, "speed": _speed,
    "start": start_table.of, "loading": start_table.loading,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
