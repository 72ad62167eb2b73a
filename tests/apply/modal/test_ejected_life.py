"""The ejected script, deployed by Modal's own client, with nothing of deployer in it."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.apply.modal.conftest import KEY, TOKEN, World
from tests.apply.modal.test_auth import TOKEN as PROXY
from tests.apply.modal.test_auth import TOKEN_ID, TOKEN_SECRET
from tests.fakes.modal.worker import Task

pytestmark = pytest.mark.process


def modal(world: World, *words: str, fails: bool = False) -> str:
    """Run Modal's command line, and give what it says."""
    ran = subprocess.run(
        [sys.executable, "-m", "modal", *words],
        cwd=world.folder,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    said = ran.stdout + ran.stderr
    assert bool(ran.returncode) == fails, said
    return said


async def ended(watching: asyncio.Task[None]) -> None:
    """Wait until a container is gone and all that waited for it has been told so."""
    await watching


def logs(world: World) -> str:
    """Give what the containers have said, each with how it ended."""
    return "\n".join(
        f"{task.id} ({task.process.returncode}): {''.join(task.log)}"
        for task in world.plane.worker.tasks.values()
    )


def failed_start(world: World) -> str:
    """Start a container of the server that does not get ready, and give why."""
    function = world.plane.app("tiny-app").functions["Server.*"]
    task: Task = world.plane.run(world.plane.worker.start(function))
    assert task.watching is not None
    world.plane.run(ended(task.watching))
    assert task.result is not None
    return str(task.result.exception)


def test_the_script_stands_alone_and_answers(containers: World) -> None:
    world = containers
    world.plane.state.proxy_tokens[TOKEN_ID] = TOKEN_SECRET
    path = world.profile(
        gpu="  gpu: H100",
        endpoint="  endpoint: web_server\n  auth: both",
        startup_timeout="  startup_timeout: 600\n  warmup: [chat, batch]",
    )
    script = world.folder / "deploy.py"
    code, _, err = world.run("eject", path, "--to", "modal", "-o", str(script))
    assert code == 0, err
    text = script.read_text(encoding="utf-8")
    assert not re.search(r"^(from|import) deployer", text, re.MULTILINE)
    for secret in (KEY, TOKEN, TOKEN_SECRET):
        assert secret not in text

    said = modal(world, "deploy", "deploy.py")
    found = re.search(r"http://127\.0\.0\.1:\d+\S*", said)
    assert found is not None, said
    url = found[0].rstrip("/")
    assert requests.get(f"{url}/health", timeout=600).status_code == 401
    assert not world.plane.worker.tasks, "no stranger starts a container"
    assert "run download_model first" in failed_start(world)

    modal(world, "run", "deploy.py::download_model")
    volumes = world.plane.state.root / "volumes"
    assert list(volumes.rglob("model*.safetensors"))
    assert list(volumes.rglob(".downloaded"))
    world.plane.worker.variables["FAKE_ENGINE"] = "--exit-early 3"
    assert "the engine ended with 3 while it started" in failed_start(world)
    del world.plane.worker.variables["FAKE_ENGINE"]

    asked = {"model": "glm-tiny", "messages": [{"role": "user", "content": "Hi"}]}
    for headers, status in (({}, 401), ({"Authorization": f"Bearer {KEY}"}, 200)):
        answer = requests.post(
            f"{url}/v1/chat/completions", json=asked, headers={**PROXY, **headers}, timeout=600
        )
        assert answer.status_code == status, f"{answer.text}\n{logs(world)}"
    assert answer.json()["choices"][0]["message"]["content"]

    (task,) = (task for task in world.plane.worker.tasks.values() if task.port and task.alive)
    engine = next(one for one in processes() if parent_of(one) == task.process.pid)
    arguments = Path(f"/proc/{engine}/cmdline").read_text(encoding="utf-8")
    environment = Path(f"/proc/{engine}/environ").read_text(encoding="utf-8")
    assert KEY not in arguments + environment
    assert KEY not in "".join(task.log)
    assert "***" in "".join(task.log), "the engine says its key, and the log does not"
    own = re.search(r"SGLANG_DG_CACHE_DIR=([^\0]+)", environment)
    assert own is not None
    assert not Path(own[1]).is_relative_to(world.folder)
    world.plane.run(world.plane.worker.terminate(task))
    assert not Path(f"/proc/{engine}").exists()


def test_the_script_compiles_kernels_and_its_server_takes_them(containers: World) -> None:
    world = containers
    path = world.profile(
        gpu="  gpu: H100",
        endpoint="  endpoint: web_server",
        startup_timeout="  startup_timeout: 600\n  warmup: [chat]",
    )
    script = world.folder / "deploy.py"
    code, _, err = world.run("eject", path, "--to", "modal", "-o", str(script))
    assert code == 0, err
    kernels = world.plane.state.root / "volumes"

    world.plane.worker.variables["FAKE_COMPILE"] = "--exit-early 3"
    said = modal(world, "run", "deploy.py::compile_deepgemm", fails=True)
    assert "the compilation ended with 3" in said
    assert not list(kernels.rglob("kernel.cubin"))
    del world.plane.worker.variables["FAKE_COMPILE"]

    said = modal(world, "run", "deploy.py::compile_deepgemm")
    assert said.count("is whole") == 3
    assert len(whole := list(kernels.rglob("kernel.cubin"))) == 3
    assert not any(one.alive for one in world.plane.worker.tasks.values())
    assert not schedulers(world), "what the compilation left ends with its container"

    said = modal(world, "run", "deploy.py::compile_deepgemm")
    assert "is whole" not in said, "what is there is not compiled again"
    assert list(kernels.rglob("kernel.cubin")) == whole

    modal(world, "run", "deploy.py::download_model")
    said = modal(world, "deploy", "deploy.py")
    found = re.search(r"http://127\.0\.0\.1:\d+\S*", said)
    assert found is not None, said
    answer = requests.get(
        f"{found[0].rstrip('/')}/v1/models", headers={"Authorization": f"Bearer {KEY}"}, timeout=600
    )
    assert answer.status_code == 200, answer.text
    (task,) = (task for task in world.plane.worker.tasks.values() if task.port and task.alive)
    engine = next(one for one in processes() if parent_of(one) == task.process.pid)
    environment = Path(f"/proc/{engine}/environ").read_text(encoding="utf-8")
    own = re.search(r"SGLANG_DG_CACHE_DIR=([^\0]+)", environment)
    assert own is not None
    assert len(list(Path(own[1]).rglob("kernel.cubin"))) == 3


def processes() -> list[int]:
    return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]


def schedulers(world: World) -> list[int]:
    """Give what is left of a compilation below the world's folder."""
    found = []
    for one in processes():
        try:
            shown = Path(f"/proc/{one}/cmdline").read_bytes()
            environment = Path(f"/proc/{one}/environ").read_bytes()
        except OSError:
            continue
        if shown.startswith(b"sglang::scheduler") and str(world.folder).encode() in environment:
            found.append(one)
    return found


def parent_of(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])
