"""From the OpenAI SDK to the real SGLang and back, through the real container of Modal's client.

edge -> control plane -> Modal's container entrypoint -> our runtime -> SGLang on the CPU.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from deployer.engine.install import EngineEnvironment
from deployer.engine.model import tiny_model
from tests.apply.modal.conftest import KEY, World, make_world
from tests.fakes.modal.interpreters import download_image, small_image

pytestmark = [pytest.mark.engine]


@pytest.fixture
def real(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fresh_client: None,
    capfd: pytest.CaptureFixture[str],
    engine_environment: EngineEnvironment,
) -> Iterator[World]:
    """Give a control plane whose engine's image is the real SGLang, and a hub with its model."""
    del fresh_client
    model = tiny_model()
    files = {each.name: each.read_bytes() for each in model.iterdir() if each.is_file()}
    python = small_image()
    variables = {"PATH": f"{engine_environment.bin}:{os.environ['PATH']}"}
    yield from make_world(
        tmp_path,
        monkeypatch,
        capfd,
        {"lmsysorg/sglang": python, "huggingface-hub": download_image(), "python:": python},
        variables=variables,
        files=files,
    )


BUDGETS = {
    "startup_timeout": "  startup_timeout: 1500",
    "warmup_timeout": "  warmup_timeout: 600",
}
"""As long as the engine may take on a machine that does much else."""


def ask(url: str) -> tuple[str, str]:
    """Ask once whole and once as a stream; gives both answers."""
    client: Any = OpenAI(base_url=f"{url}/v1", api_key=KEY, timeout=1500, max_retries=0)
    messages = [{"role": "user", "content": "Say hello."}]
    whole = client.chat.completions.create(model="glm-tiny", messages=messages, max_tokens=64)
    parts = client.chat.completions.create(
        model="glm-tiny",
        messages=messages,
        max_tokens=64,
        stream=True,
    )
    streamed = "".join(part.choices[0].delta.content or "" for part in parts)
    return whole.choices[0].message.content or "", streamed


def test_apply_from_nothing_to_a_verified_server_and_from_zero_again(real: World) -> None:
    world = real
    path = world.profile(**BUDGETS)
    code, out, err = world.run("apply", path, "--yes", "--format", "json")
    assert code == 0, err + "".join(
        line for task in world.plane.worker.tasks.values() for line in task.log[-40:]
    )
    applied = json.loads(out)
    assert (applied["outcome"], applied["verified"], applied["version"]) == ("deployed", True, 1)
    assert len([v for v in applied["verdicts"] if v["outcome"] == "passed"]) >= 10
    assert applied["verdicts"][0]["probe"] == "health-before"
    assert applied["sample"]
    assert world.run("plan", path, "--detailed-exitcode")[0] == 0
    code, out, err = world.run("status", "tiny", "--format", "json")
    (status,) = json.loads(out)["on_modal"]
    assert (status["state"], status["recorded"]["verified"], status["containers"]) == (
        "serving",
        True,
        1,
    )
    code, out, _ = world.run("drift", path)
    assert code == 0, out
    assert "was asked which release" not in out  # the container was asked

    app = world.plane.app("tiny-app")
    (task,) = [t for t in world.plane.worker.running(app) if "serving started" in "".join(t.log)]
    world.plane.run(world.plane.worker.terminate(task))
    assert "deployer: drain done" in "".join(task.log)
    assert not world.plane.worker.running(app)
    whole, streamed = ask(applied["endpoint"].removesuffix("/v1"))
    assert whole.lower().startswith("hello")
    assert streamed == whole
    everything = "".join(line for t in world.plane.worker.tasks.values() for line in t.log)
    assert KEY not in everything
    assert "[redacted]" in everything


def test_a_server_that_routes_directly(real: World) -> None:
    world = real
    path = world.profile(endpoint="  endpoint: server", **BUDGETS)
    code, out, err = world.run("apply", path, "--yes", "--format", "json")
    assert code == 0, err
    applied = json.loads(out)
    assert applied["verified"] is True
    code, out, _ = world.run("verify", "tiny", "--probe", "chat")
    assert (code, "1 passed" in out) == (0, True)
    whole, streamed = ask(applied["endpoint"].removesuffix("/v1"))
    assert whole == streamed
    app = world.plane.app("tiny-app")
    (task,) = world.plane.worker.running(app)
    assert world.run("destroy", "tiny", "--yes")[0] == 0
    assert "deployer: drain done" in "".join(task.log)
    assert not world.plane.worker.running(app)
