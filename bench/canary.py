"""Whether the canary tells the tiny model from the same model with a damaged weight.

The real engine is started once and asked 21 times: the first score is what a former release had,
the other 20 are of the same model and must not be called worse. Then it is given ten copies of the
model one after the other, in each of which one matrix has a wrong scale, as a broken kernel gives
it: each must be called worse. Exits 1 where one is not told, or one is told wrongly.

    python -m bench.canary
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from deployer.cli.benching import tool_environment
from deployer.engine.jail import NOTHING
from deployer.engine.model import MANIFEST, tiny_model
from deployer.facts.cpu import SWITCH
from deployer.measure.canary.score import Score, score
from deployer.measure.canary.tiny import tiny
from deployer.measure.run import Subject
from deployer.verify.endpoint import Endpoint

SOUND, DAMAGED = 20, 10
PORT = 30417
SCALE = 8.0
NORMALIZED = ("q_proj.weight", "k_proj.weight")
"""Matrices whose scale changes nothing: what they give is normalized (Qwen3's q_norm, k_norm)."""

START = 900.0
"""Seconds that the engine may take to be ready."""


def main() -> int:
    engine = tool_environment()
    model = tiny_model()
    key = secrets.token_hex(16)
    words = [str(engine.python), "-m", "sglang.launch_server", "--model-path", str(model)]
    words += ["--host", "127.0.0.1", "--port", str(PORT), "--served-model-name", "glm-tiny"]
    words += ["--reasoning-parser", "glm45", "--tool-call-parser", "glm47", "--api-key", key]
    words += ["--mem-fraction-static", "0.88", "--max-total-tokens", "16384"]
    env = {**os.environ, SWITCH: "1", "OMP_NUM_THREADS": "1"}
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(words, env=env, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        return _compare(key, model, server)
    finally:
        server.terminate()
        server.wait(60)


def _compare(key: str, model: Path, server: subprocess.Popen[bytes]) -> int:
    endpoint = Endpoint(
        f"http://127.0.0.1:{PORT}", key, model="glm-tiny", thinking=True, tools=True
    )
    until = time.monotonic() + START
    while not _healthy(endpoint):
        if server.poll() is not None or time.monotonic() > until:
            print("the engine did not start")
            return 2
        time.sleep(1)
    before = _score(endpoint)
    print(f"before: {before.right} of {before.asked}")
    cried = 0
    for number in range(SOUND):
        found = _score(endpoint)
        cried += found.worse(before)
        print(f"sound {number + 1:>2}: {_told(found, before)}", flush=True)
    told = 0
    for number in range(DAMAGED):
        with tempfile.TemporaryDirectory() as folder:
            what = _damage(model, Path(folder), number)
            _load(endpoint, Path(folder))
            found = _score(endpoint)
        told += found.worse(before)
        print(f"damaged {number + 1:>2}: {_told(found, before)}, {what}", flush=True)
    _load(endpoint, model)
    after = _score(endpoint)
    print(f"sound again: {_told(after, before)}")
    print(f"cried {cried} times over {SOUND} runs of the sound one, told {told} of {DAMAGED}")
    return 0 if (cried, told, after.worse(before)) == (0, DAMAGED, False) else 1


def _score(endpoint: Endpoint) -> Score:
    return score(Subject(endpoint, "tiny"), tiny(), NOTHING, on_progress=lambda *_: None)


def _told(found: Score, before: Score) -> str:
    word = "worse" if found.worse(before) else "not worse"
    return f"{found.right} of {found.asked}, p = {found.chance(before):.3g}: {word}"


def _healthy(endpoint: Endpoint) -> bool:
    try:
        return requests.get(f"{endpoint.url}/health", timeout=30).ok
    except requests.RequestException:
        return False


def _load(endpoint: Endpoint, model: Path) -> None:
    answer = requests.post(
        f"{endpoint.url}/update_weights_from_disk",
        json={"model_path": str(model)},
        headers={"Authorization": f"Bearer {endpoint.api_key}"},
        timeout=300,
    )
    answer.raise_for_status()
    if not answer.json()["success"]:
        raise SystemExit(answer.text)


def _damage(model: Path, into: Path, number: int) -> str:
    """Copy the model and read one of its matrices with a wrong scale; says which one."""
    for path in model.iterdir():
        if path.name != MANIFEST:
            shutil.copyfile(path, into / path.name)
    file = into / "model.safetensors"
    data = bytearray(file.read_bytes())
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    matrices = sorted(
        name for name, about in header.items()
        if name != "__metadata__" and len(about["shape"]) > 1 and not name.endswith(NORMALIZED)
    )  # fmt: skip
    name = matrices[number]
    start, end = (8 + size + each for each in header[name]["data_offsets"])
    for at in range(start, end, 2):  # bfloat16: the upper half of a float, the low byte first
        (value,) = struct.unpack("<f", b"\0\0" + data[at : at + 2])
        data[at : at + 2] = struct.pack("<f", value * SCALE)[2:]
    file.write_bytes(data)
    return f"{name} times {SCALE:g}"


if __name__ == "__main__":
    sys.exit(main())
