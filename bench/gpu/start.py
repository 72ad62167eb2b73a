"""What a start takes, by stage; and what each cache of kernels saves of it.

    python3 bench/gpu/start.py PLAN OUT [--python PYTHON] [--only NAME,NAME]

The cases of a stage start side by side, each with folders of its own for the caches of kernels that
the release has (``CACHES``). Those that ``keeps`` names are the ones of the case that ``of`` names,
in place, since some hold paths; the others are empty. When it serves, ``prompts`` of so many tokens
are sent. Kept are the engine's own startup timings, the steps of its log, and how many files each
cache got. ``compare`` names pairs of cases: which files of their caches are alike, by their hashes,
and DeepGEMM's in full. Dummy weights, unless the words say otherwise. OUT gets
``start-ENGINE.json``, rewritten after every case.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

import machine
from options import Form, begin, parser
from server import Server, call
from shapes import folder

FORM = Form(
    "stages", "name shape port words", "layers env prompts keeps of timeout", more="compare"
)

CACHES = {
    "deep_gemm": "SGLANG_DG_CACHE_DIR",
    "flashinfer": "FLASHINFER_WORKSPACE_BASE",
    "triton": "TRITON_CACHE_DIR",
    "tvm_ffi": "TVM_FFI_CACHE_DIR",
    "inductor": "TORCHINDUCTOR_CACHE_DIR",
    "cuda": "CUDA_CACHE_PATH",
    "home": "HOME",
}
"""The variables by which libraries take the folder of their cache (0.5.17: ``compile_utils.py``;
flashinfer ``jit/env.py``; triton ``knobs.py``; tvm_ffi ``cpp/extension.py``; torch; the
driver); the home is where all else would be."""

LISTED = "deep_gemm"

Files = dict[str, dict[str, tuple[int, str]]]
"""Of each cache its files by their names: their bytes, and the start of their SHA-256."""

WALK = re.compile(r"DeepGEMM warmup|Try DeepGEMM|deep_gemm.*(?:warmup|compil)", re.IGNORECASE)
"""Lines of the log that tell of DeepGEMM's walk over shapes."""


def main() -> int:
    """Run the plan; 1 when a case did not come to serve."""
    options = _options()
    plan, chosen = begin(options, FORM)
    result = {"question": "start", **machine.with_engine(options.python), "cases": []}
    path = options.out / f"start-{result['versions']['sglang']}{options.suffix}.json"
    lock = threading.Lock()
    held: dict[str, Files] = {}

    def one(case: dict[str, Any], beside: int) -> None:
        found, caches = _measure(case, options)
        found["beside"] = beside
        with lock:
            held[case["name"]] = caches
            result["cases"].append(found)
            result["alike"] = alike(plan.get("compare", []), held)
            machine.write(path, result)
            print(_line(found), flush=True)

    for stage in plan["stages"]:
        cases = [case for case in stage if chosen(case)]
        threads = [threading.Thread(target=one, args=(case, len(cases) - 1)) for case in cases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    meant = sum(1 for case in FORM.things(plan) if chosen(case))
    return int(sum(found["ready_s"] is not None for found in result["cases"]) < meant)


def _measure(case: dict[str, Any], options: argparse.Namespace) -> tuple[dict[str, Any], Files]:
    caches = _folders(case, options.out.absolute() / "caches")
    before = {name: files(at) for name, at in caches.items()}
    environ = {
        **os.environ, "PYTHONUNBUFFERED": "1",
        **{CACHES[name]: str(at) for name, at in caches.items()},
        **case.get("env", {}),
    }  # fmt: skip
    model = folder(case["shape"], options.out / "models", case.get("layers"))
    words = [
        options.python, "-m", "sglang.launch_server", "--model-path", str(model),
        "--load-format", "dummy", "--host", "127.0.0.1", "--port", str(case["port"]),
        *case["words"],
    ]  # fmt: skip
    server = Server(words, environ, options.out / f"start-{case['name']}.log")
    try:
        server.wait(lambda: server.has("ready"), case.get("timeout", 300))
        found: dict[str, Any] = {
            **{name: case.get(name) for name in ("name", "shape", "layers", "words", "env")},
            "keeps": case.get("keeps", []), "of": case.get("of"),
            "ready_s": next((s["at"] for s in server.steps if s["step"] == "ready"), None),
            "prompts": [],
        }  # fmt: skip
        found["served"] = _count({name: files(at) for name, at in caches.items()}, before)
        if found["ready_s"] is None:
            found["tail"] = [line[:300] for line in server.lines[-25:]]
        for tokens in case.get("prompts", []) if found["ready_s"] is not None else ():
            found["prompts"].append(_prompt(case["port"], tokens))
    finally:
        server.end()
    after = {name: files(at) for name, at in caches.items()}
    found["made"] = _count(after, before)
    found["steps"] = server.steps
    found["walk"] = [line[:200] for line in server.lines if WALK.search(line)][:2]
    own = {name: each for name, each in after.items() if name not in found["keeps"]}
    return found, own


def _folders(case: dict[str, Any], under: Path) -> dict[str, Path]:
    """Give the folder of each cache: made anew, or one that is kept."""
    found = {}
    for name in CACHES:
        if name in case.get("keeps", ()):
            found[name] = under / case["of"] / name
            continue
        found[name] = under / case["name"] / name
        shutil.rmtree(found[name], ignore_errors=True)
        found[name].mkdir(parents=True)
    return found


def files(root: Path) -> dict[str, tuple[int, str]]:
    """Give the files below a folder: their bytes and SHA-256, by their names."""
    return {
        str(path.relative_to(root)): (path.stat().st_size, _digest(path))
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def alike(pairs: list[list[str]], held: dict[str, Files]) -> list[dict[str, Any]]:
    """Say of each pair of cases which files are in both caches, and have the same bytes."""
    told = []
    for one, other in pairs:
        if one not in held or other not in held:
            continue
        row: dict[str, Any] = {"one": one, "other": other, "caches": {}}
        for name in sorted({*held[one]} & {*held[other]}):
            mine, theirs = held[one][name], held[other][name]
            both = sorted({*mine} & {*theirs})
            row["caches"][name] = {
                "both": len(both), "same": sum(mine[each][1] == theirs[each][1] for each in both),
                "only_one": len(mine) - len(both), "only_other": len(theirs) - len(both),
            }  # fmt: skip
            if name == LISTED:
                row["files"] = {each: [mine[each][1], theirs[each][1]] for each in both}
        told.append(row)
    return told


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _count(after: dict[str, Any], before: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Say of each cache how many files are new, and how many bytes they have."""
    told = {}
    for name, now in after.items():
        new = [now[each][0] for each in now if each not in before[name]]
        told[name] = {"had": len(before[name]), "new": len(new), "new_bytes": sum(new)}
    return told


def _prompt(port: int, tokens: int) -> dict[str, Any]:
    """Send one prompt; gives how long its answer of 16 tokens took."""
    ids = [7919 * index % 1000 + 20 for index in range(tokens)]
    sampling = {"max_new_tokens": 16, "ignore_eos": True, "temperature": 0}
    began = time.monotonic()
    status, answer = call(port, "/generate", {"input_ids": ids, "sampling_params": sampling})
    took = round(time.monotonic() - began, 2)
    why = "" if status == 200 else str(answer)[:200]  # noqa: PLR2004
    return {"tokens": tokens, "status": status, "seconds": took, "why": why}


def _line(found: dict[str, Any]) -> str:
    timings = [each["text"] for each in found["steps"] if each["step"] == "timings"]
    made = {name: told["new"] for name, told in found["made"].items()}
    prompts = [(each["tokens"], each["status"], each["seconds"]) for each in found["prompts"]]
    line = f"{found['name']:22} ready {found['ready_s']} s; new files {made}; {prompts} {timings}"
    return "\n    ".join([line, *found.get("tail", [])])


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "", "cases")
    return made.parse_args()


if __name__ == "__main__":
    sys.exit(main())
