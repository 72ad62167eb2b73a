"""The real ``sglang.compile_deep_gemm`` on this CPU, where there is no DeepGEMM to compile for."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.engine.environment import EngineEnvironment
from deployer.engine.model import tiny_model
from deployer.event import Event
from deployer.release import Argument, Engine, Hardware, Release, Variable
from deployer.serve.kernels.compile import compile_kernels
from deployer.serve.kernels.run import CompileFailure
from deployer.serve.kernels.verify import verify
from deployer.serve.processes import all_processes, title
from tests.serve.living import KEY, VARIABLE, leaks, make_release, relatives, wait_for

from .kitchen import HUB_TOKEN

pytestmark = [pytest.mark.engine]


@pytest.fixture
def release(engine_environment: EngineEnvironment) -> Release:
    model = tiny_model()
    plain = make_release()
    port = plain.listen.port
    options = {
        "--model-path": str(model),
        "--served-model-name": "glm-tiny",
        "--host": "0.0.0.0",  # noqa: S104 - as compiled; the compilation listens elsewhere
        "--port": str(port),
        "--tp-size": "1",
        "--max-total-tokens": "4096",
        "--mem-fraction-static": "0.88",
        "--watchdog-timeout": "1200",
        "--tool-call-parser": "glm47",
        "--fp8-gemm-backend": "deep_gemm",  # its weights are plain, which compile nothing unasked
    }
    arguments = tuple(Argument(flag, (value,), "test") for flag, value in options.items())
    command = (str(engine_environment.python), "-m", "sglang.launch_server")
    return replace(
        plain,
        engine=Engine("sglang", "0.5.23", "", command),
        model=replace(plain.model, path=str(model)),
        hardware=Hardware("cpu", 1),
        arguments=(
            *arguments,
            Argument("--trust-remote-code", (), "test"),
            Argument("--sleep-on-idle", (), "test"),
        ),
        environment=(
            Variable("DEPLOYER_CPU_PLATFORM", "1", "test"),
            Variable("HF_HUB_OFFLINE", "1", "test"),
            Variable("OMP_NUM_THREADS", "1", "test"),  # as profiles/cpu-tiny.yaml says, and why
        ),
    )


def test_the_command_line_is_taken_and_no_kernels_are_told_for_what_they_are(
    release: Release, tmp_path: Path, marker: str
) -> None:
    cache = tmp_path / "volume"
    cache.mkdir()
    events: list[Event] = []
    commits: list[bool] = []
    environ = {**os.environ, "MARKER": marker, VARIABLE: KEY, "HF_TOKEN": HUB_TOKEN}
    with (tmp_path / "output").open("wb", buffering=0) as stream:
        made = compile_kernels(
            release,
            cache=cache,
            commit=lambda: commits.append(True),
            tell=events.append,
            environ=environ,
            stream=stream,
            budget=1500.0,
        )
    output = (tmp_path / "output").read_text(errors="replace")
    told = "\n".join(event.to_json() for event in events)
    assert "DeepGEMM Kernels compilation finished successfully" in output
    assert "127.0.0.1" in output
    assert made.entries == ()
    assert made.note == "this model and GPU use none of DeepGEMM"
    assert {each.name: each.version for each in made.versions}["sglang"] == "0.5.23"
    assert "warning: the engine compiled no kernels and spoke of none" in told
    assert commits == [True]
    assert verify(release, cache) == ()
    assert any(event.state == "progress" and "so far" in event.message for event in events)
    markers = [path.read_text() for path in cache.rglob("*.json")]
    assert not leaks(output, told, *markers)
    assert HUB_TOKEN not in output + told
    assert relatives(marker) == []


def test_the_real_server_is_seen_and_its_death_noticed_at_once(
    release: Release, tmp_path: Path, marker: str
) -> None:
    killed: list[float] = []

    def server() -> int:
        found = all_processes()
        for pid in relatives(marker):
            parent = found.get(found[pid].parent) if pid in found else None
            leader = parent is not None and "sglang.compile_deep_gemm" in title(parent)
            if leader and "spawn_main" in title(found[pid]):
                return pid
        return 0

    def kill() -> None:
        pid = wait_for(server)
        time.sleep(2.0)  # it is seen within half a second
        os.kill(pid, signal.SIGKILL)
        killed.append(time.monotonic())

    (tmp_path / "volume").mkdir()
    thread = threading.Thread(target=kill)
    thread.start()
    with pytest.raises(CompileFailure, match=r"the server that compiles.*killed by SIGKILL"):
        compile_kernels(
            release,
            cache=tmp_path / "volume",
            commit=lambda: None,
            tell=lambda _event: None,
            environ={**os.environ, "MARKER": marker, VARIABLE: KEY},
            budget=1500.0,
        )
    took = time.monotonic() - killed[0]
    thread.join()
    assert took < 60, "upstream itself would have noticed after its timeout"
    assert relatives(marker) == []
