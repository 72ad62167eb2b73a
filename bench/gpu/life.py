"""What becomes of a server when something happens to it: each scenario of a plan, by our runtime.

    python3 bench/gpu/life.py PLAN OUT --release RELEASE.json --model FOLDER [--python PYTHON]

A scenario starts ``python -m deployer.serve`` around the engine with the release's arguments and
its own ``words``, and waits until it serves. Then ``fault`` happens: ``signal`` to a process of the
engine, ``drain`` under streams, ``stop`` at a line of the log, ``prompts`` of so many tokens,
``verify`` by `deployer verify`, or nothing, where the start itself is to fail. ``hog`` fills a GPU
up to so many MiB: while the engine imports, ``at`` a line of the log, or, in ``fault``, once it
serves.
What the runtime says is kept with the milliseconds after the fault; ``since`` is the line of the
log that begins one that happens by itself. Those of a stage run side by side; ``gpu`` gives one a
GPU to itself, and those that are ``alone`` have it one after the other. ``answers`` are the fields
that answers to the warm-up must have, where a model with random weights cannot have the release's.
OUT gets ``life-ENGINE.json``, rewritten after every scenario, and a folder a scenario.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from pathlib import Path
from typing import Any

import machine
from lived import VARIABLE, Life
from options import Form, begin, parser, refuse
from shapes import folder

FORM = Form(
    "stages", "name port words fault expect",
    "shape env gpu alone timeout lifecycle warmup answers since hog",
)  # fmt: skip


def main() -> int:
    """Run the plan; 1 when a scenario did not end as its ``expect`` says."""
    options = _options()
    plan, chosen = begin(options, FORM)
    release = _compiled(options.release)
    result = {"question": "life", **machine.describe(options.python), "scenarios": []}
    path = options.out / f"life-{result['versions']['sglang']}{options.suffix}.json"
    lock = threading.Lock()

    def one(scenario: dict[str, Any]) -> None:
        own = options.out / scenario["name"]
        found = Life(scenario, _release(scenario, release, options), own, options.python).run()
        with lock:
            result["scenarios"].append(found)
            machine.write(path, result)
            print(_line(found), flush=True)

    for stage in plan["stages"]:
        threads = [
            threading.Thread(target=one, args=(scenario,)) for scenario in stage if chosen(scenario)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    meant = sum(1 for scenario in FORM.things(plan) if chosen(scenario))
    return int(sum(found["as_expected"] for found in result["scenarios"]) < meant)


def _compiled(path: Path) -> str:
    """Give the text of a compiled release; ends the script with 2 where it is none."""
    try:
        text = path.read_text(encoding="utf-8")
        told = json.loads(text)
    except (OSError, ValueError) as error:
        refuse(f"--release: {path} cannot be read: {error}")
    if not isinstance(told, dict) or not {"arguments", "engine", "lifecycle"} <= told.keys():
        refuse(f"--release: {path} is not what `deployer compile PROFILE --format json` writes")
    return text


def _release(scenario: dict[str, Any], text: str, options: argparse.Namespace) -> dict[str, Any]:
    """The release with the scenario's own port, model, words and warm-up."""
    release = json.loads(text)
    model = folder(scenario["shape"], options.out / "models") if "shape" in scenario else None
    own = _arguments(scenario.get("words", []))
    stated = {
        "--host": ["127.0.0.1"], "--port": [str(scenario["port"])],
        "--model-path": [str(model or options.model)],
    }  # fmt: skip
    replaced = {*stated, *(each["flag"] for each in own)}
    kept = [each for each in release["arguments"] if each["flag"] not in replaced]
    mine = [{"flag": flag, "source": "", "values": values} for flag, values in stated.items()]
    release |= {"name": scenario["name"], "arguments": [*kept, *mine, *own]}
    release["engine"]["command"][0] = options.python
    release["listen"] = {
        "host": "127.0.0.1", "port": scenario["port"], "api_key_variable": VARIABLE
    }  # fmt: skip
    kinds = scenario.get("warmup", ["chat"])
    release["warmup"] = [each for each in release["warmup"] if each["kind"] in kinds]
    for each in release["warmup"]:
        each["expect"] = scenario.get("answers", each["expect"])
    release["lifecycle"] |= {"restarts": 0, **scenario.get("lifecycle", {})}
    release["environment"] = [
        each for each in release["environment"] if each["name"] != "SGLANG_DG_CACHE_DIR"
    ]
    return dict(release)


def _arguments(words: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for word in words:
        if word.startswith("--"):
            found.append({"flag": word, "source": "", "values": []})
        else:
            found[-1]["values"].append(word)
    return found


def _line(found: dict[str, Any]) -> str:
    mark = "as expected" if found["as_expected"] else "NOT AS EXPECTED"
    lines = [f"{found['name']}: {mark}, exit {found['exit']}, left {found['left']}"]
    lines += [
        f"   {each['ms']:7} ms {each['phase']} {each['state']}: {each['message'][:160]}"
        for each in [*found["started"][-2:], *found["events"]]
    ]
    lines += [f"   {each['ms']:7} ms saw {each['what']}" for each in found["observed"]]
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "", "scenarios")
    made.add_argument("--release", type=Path, required=True, help="a compiled release, as JSON")
    made.add_argument("--model", type=Path, required=True, help="the folder of a model that talks")
    return made.parse_args()


if __name__ == "__main__":
    sys.exit(main())
