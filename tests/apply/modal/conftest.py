"""A control plane, a hub and a machine of one's own for each test of the Modal target."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deployer.cli.main import main
from deployer.verify.verdict import Outcome, Verdict
from tests.fakes.hub.server import FakeHub
from tests.fakes.modal.interpreters import download_image, small_image
from tests.ports import free_port

if TYPE_CHECKING:
    from tests.fakes.modal.plane import ControlPlane

KEY = "canary-api-key-4f1d8a9b2c"
TOKEN = "hf_canaryCanaryCanaryCanary12345"
MODAL_SECRET = "as-canary-modal-secret-77"


@dataclass
class World:
    """Where a test deploys to: nothing in it is Modal's or the hub's."""

    folder: Path
    plane: ControlPlane
    hub: FakeHub
    capture: pytest.CaptureFixture[str]
    port: int
    said: list[str] = field(default_factory=list)

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run the command line in this process; gives exit code, stdout and stderr."""
        self.capture.readouterr()
        code = main(list(words))
        out, err = self.capture.readouterr()
        self.said += [out, err]
        return code, out, err

    def profile(self, name: str = "tiny", folder: str = "", **changes: str) -> str:
        """Write a profile for Modal that a CPU can serve; gives its path.

        ``changes`` are lines by the key that they replace, such as ``count="  count: 2"``.
        """
        text = TEMPLATE.format(name=name, root=self.folder / "mnt", port=self.port)
        for key, line in changes.items():
            text = "".join(
                f"{line}\n" if old.strip().startswith(f"{key}:") else old
                for old in text.splitlines(keepends=True)
            )
        path = self.folder / folder / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def stock(self, name: str = "tiny") -> None:
        """Leave the weights of a profile on its volume, as a download does: files and marker."""
        from deployer.serve.weights.manifest import Manifest, read_listing  # noqa: PLC0415 - as below
        from deployer.serve.weights.marker import Complete, write_marker  # noqa: PLC0415 - as below
        from deployer.serve.weights.needed import needed  # noqa: PLC0415 - its one use

        hub = self.hub
        files = needed(read_listing(hub.repo, hub.commit, hub.listing()).files)
        folder = self.plane.volume("weights") / name / hub.commit
        for file in files:
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(hub.files[file.path])
        manifest = Manifest(hub.repo, hub.commit, files)
        write_marker(str(folder), Complete.of(manifest, time.time()))


@pytest.fixture
def hears() -> Iterator[None]:
    """Let a signal be heard that is ignored from the start, as under ``nohup``: one is pressed."""
    pressed = (signal.SIGINT, signal.SIGHUP)
    ignored = [number for number in pressed if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        at_a_login = signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL
        signal.signal(number, at_a_login)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


PATIENCE = 900.0
"""Seconds after which a question will not be answered any more, on the slowest machine."""

UNKEPT = (Verdict("chat", Outcome.FAILED, 0.0, message="no completion came"),)
"""What a verification finds where no promise is kept. The fake engine keeps few of them: asking it
takes as long as asking a server, and `test_a_server_that_fails_to_start_is_told_and_owed` does it.
"""

TEMPLATE = """\
name: {name}
target: modal
model:
  repo: example/tiny
  revision: main
  served_name: glm-tiny
hardware:
  gpu: L4
  count: 1
engine:
  version: 0.5.23
  image: lmsysorg/sglang:v0.5.23
  env:
    DEPLOYER_CPU_PLATFORM: "1"
    OMP_NUM_THREADS: "1"
  args:
    sleep-on-idle: true
memory:
  mem_fraction_static: 0.88
  max_total_tokens: 16384
schedule:
  max_running_requests: 48
  max_prefill_tokens: 32768
serving:
  port: {port}
  reasoning_parser: glm45
  tool_call_parser: glm47
observability:
  metrics: true
  watchdog_timeout: 1200
modal:
  app: {name}-app
  endpoint: web_server
  weights:
    volume: weights
    path: {root}/weights
  kernel_cache:
    volume: kernels
    path: {root}/kernels
  api_key_secret: tiny-api-key
  hub_secret: huggingface-secret
  min_containers: 0
  max_containers: 2
  scaledown_window: 300
  timeout: 3600
lifecycle:
  startup_timeout: 120
  warmup_timeout: 60
  warmup_long_tokens: 1000
  drain_timeout: 20
"""


@pytest.fixture
def fresh_client() -> Iterator[None]:
    """Let no test find another's client: Modal's keeps the first one for the whole process."""
    from modal.client import _Client  # noqa: PLC0415 - a second, for the quick tests beside these too

    _Client._client_from_env = None
    yield
    _Client._client_from_env = None


def close_client() -> None:
    """Close the connection to a control plane, before that ends."""
    from modal._utils.async_utils import synchronizer  # noqa: PLC0415 - as above
    from modal.client import _Client  # noqa: PLC0415 - as above

    client: Any = _Client._client_from_env

    async def close() -> None:
        await (client.close() if hasattr(client, "close") else client._close())

    if client is not None:
        synchronizer.create_blocking(close)()
        _Client._client_from_env = None


def make_plane(
    folder: Path, monkeypatch: pytest.MonkeyPatch, secrets: Mapping[str, Mapping[str, str]]
) -> Iterator[ControlPlane]:
    """Give a control plane with these secrets, to which the environment leads; for a fixture."""
    from tests.fakes.modal.plane import ControlPlane  # noqa: PLC0415 - as above

    with ControlPlane(folder / "plane", secrets=secrets) as plane:
        for name, value in plane.variables().items():
            monkeypatch.setenv(name, value)
        yield plane
        close_client()


@pytest.fixture
def world(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fresh_client: None,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[World]:
    """Give a control plane without containers, and a hub."""
    del fresh_client
    yield from make_world(tmp_path, monkeypatch, capfd, {})


@pytest.fixture
def containers(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fresh_client: None,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[World]:
    """Give a control plane that runs containers; in place of SGLang there is the fake engine."""
    del fresh_client
    python = small_image()
    images = {
        "lmsysorg/sglang": python, "huggingface-hub": download_image(), "python:": python
    }  # fmt: skip
    shim = tmp_path / "bin" / "python3"
    shim.parent.mkdir()
    script = Path(__file__).with_name("engine_shim.py")
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    path = {"PATH": f"{shim.parent}:{os.environ['PATH']}"}
    yield from make_world(tmp_path, monkeypatch, capfd, images, variables=path)


@cache
def uploaded() -> dict[str, Path]:
    """Give what every deployment but a workspace's first finds there: the containers' code.

    A hundred files, each in a request of its own; `test_deploy.py` uploads them.
    """
    from deployer.apply.modal.app import container_files  # noqa: PLC0415 - imports Modal's client

    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in container_files()}


@pytest.fixture
def stocked(containers: World) -> World:
    """Give `containers` with the weights there already: what is tested comes after the download."""
    containers.stock()
    return containers


def make_world(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capture: pytest.CaptureFixture[str],
    pythons: dict[str, Path],
    *,
    variables: dict[str, str] | None = None,
    files: dict[str, bytes] | None = None,
) -> Iterator[World]:
    """Start everything, and point the environment at it."""
    from deployer.apply.modal import drift, proof, rpc  # noqa: PLC0415 - import Modal's client
    from tests.fakes.hub.model import model_files  # noqa: PLC0415 - a few megabytes of noise
    from tests.fakes.modal.plane import ControlPlane  # noqa: PLC0415 - as above

    for asking in (rpc, proof, drift):  # what nobody answers has tests that say how long they wait
        monkeypatch.setattr(asking, "ANSWER", PATIENCE)
    with ExitStack() as stack:
        hub = stack.enter_context(FakeHub(files or model_files(), repo="example/tiny").serving())
        hub.token = TOKEN
        plane = ControlPlane(
            folder / "plane",
            pythons=pythons,
            variables={"HF_ENDPOINT": hub.endpoint, **(variables or {})},
            secrets={
                "tiny-api-key": {"API_KEY": KEY},
                "huggingface-secret": {"HF_TOKEN": TOKEN},
            },
        )
        plane.state.files |= uploaded()
        stack.enter_context(plane)
        stack.callback(close_client)
        for name, value in {**plane.variables(), "HF_ENDPOINT": hub.endpoint}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("MODAL_TOKEN_SECRET", MODAL_SECRET)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setenv("API_KEY", KEY)
        monkeypatch.setenv("MODAL_CONFIG_PATH", str(folder / "modal.toml"))
        yield World(folder, plane, hub, capture, free_port())
    assert os.environ.get("MODAL_IS_REMOTE") is None
