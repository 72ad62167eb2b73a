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
    # A probe fills the context with one prompt, which takes time by the square of its size.
    "served_name": "  served_name: glm-tiny\n  context_length: 3072",
}
"""As long as the engine may take on a machine that does much else, and what it does not have to."""


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


def test_apply_from_nothing_to_a_verified_server_that_routes_directly(real: World) -> None:
    world = real
    path = world.profile(endpoint="  endpoint: server", **BUDGETS)
    code, out, err = world.run("apply", path, "--yes", "--format", "json")
    assert code == 0, err + said(world)
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
    assert KEY not in said(world)
    assert "[redacted]" in said(world)


def test_it_starts_when_somebody_asks(real: World) -> None:
    """All promises are asked behind the other kind of endpoint, which is as much as a start."""
    world = real
    path = world.profile(**BUDGETS)
    code, out, err = world.run("apply", path, "--yes", "--no-verify", "--format", "json")
    assert code == 0, err
    app = world.plane.app("tiny-app")
    assert not world.plane.worker.running(app)
    whole, streamed = ask(json.loads(out)["endpoint"].removesuffix("/v1"))
    assert whole.lower().startswith("hello"), said(world)
    assert streamed == whole
    code, out, _ = world.run("verify", "tiny", "--probe", "chat")
    assert (code, "1 passed" in out) == (0, True)
    (task,) = world.plane.worker.running(app)
    assert world.run("destroy", "tiny", "--yes")[0] == 0
    assert "deployer: drain done" in "".join(task.log)
    assert not world.plane.worker.running(app)


def said(world: World) -> str:
    """Give what the containers have said."""
    return "".join(line for task in world.plane.worker.tasks.values() for line in task.log)
