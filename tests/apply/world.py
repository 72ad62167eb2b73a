"""A small world to apply in: a release, an engine that is there, and a fake supervisor."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import deployer
from deployer.apply.local.apply import Applied, apply
from deployer.apply.local.destroy import Destroyed, destroy
from deployer.apply.local.folder import Folder, folder_of
from deployer.apply.local.parts import Parts
from deployer.engine.environment import EngineEnvironment
from deployer.release import (
    Argument,
    Engine,
    Hardware,
    Lifecycle,
    Listen,
    ModelSource,
    Release,
    Variable,
)
from deployer.verify.verdict import Outcome, Verdict
from tests.fakes.fresh import FRESH
from tests.ports import free_port
from tests.serve.living import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.event import Event

ROOT = Path(deployer.__file__).parents[1]
FAKE_SUPERVISOR = Path(__file__).with_name("fake_supervisor.py")
DRIVER_ENVIRONMENT = os.environ | {
    "PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parents[1]}",
}
VERSION = "0.5.23"


def make_release(
    port: int, *, name: str = "demo", host: str = "127.0.0.1", key: str = "API_KEY", **wishes: str
) -> Release:
    """Make a release; ``wishes`` are the fake supervisor's (``FAULT``, ``LOAD``, ``DRAIN``)."""
    return Release(
        name=name,
        target="local",
        model=ModelSource("builtin", "tiny", "main", "builtin:tiny", "glm-tiny"),
        engine=Engine("sglang", VERSION, "", ("python3", "-m", "sglang.launch_server")),
        hardware=Hardware("none", 0),
        listen=Listen(host, port, key),
        arguments=(
            Argument("--model-path", ("builtin:tiny",), "model.path"),
            Argument("--port", (str(port),), "serving.port"),
        ),
        environment=tuple(Variable(f"FAKE_{k}", v, "engine.env") for k, v in wishes.items()),
        lifecycle=Lifecycle(240.0, 0.1, 60.0, 60.0, 0.5),
        warmup=(),
    )


def passing(*_: object) -> tuple[Verdict, ...]:
    return (Verdict("models", Outcome.PASSED, 0.01, ("the served name is listed",)),)


class World:
    """State in a temporary folder, a free port, and what was told."""

    def __init__(self, home: Path, parts: Parts | None = None) -> None:
        self.home = home
        self.port = free_port()
        self.environ: dict[str, str] = {
            "PATH": os.environ["PATH"],
            "XDG_STATE_HOME": str(home / "state"),
        }
        self.parts = parts or fake_parts(home)
        self.events: list[Event] = []

    def folder(self, name: str = "demo") -> Folder:
        return folder_of(name, self.environ)

    def apply(self, release: Release | None = None, **others: Any) -> Applied:
        options: dict[str, Any] = {
            "profile_path": "demo.yaml",
            "on_event": self.events.append,
            "confirm_install": lambda _: False,
            "environ": self.environ,
            "parts": self.parts,
        }
        return apply(release or make_release(self.port), **(options | others))

    def destroy(self, name: str = "demo") -> Destroyed:
        return destroy(name, on_event=self.events.append, environ=self.environ, parts=self.parts)

    def phases(self, state: str) -> list[str]:
        return [event.phase for event in self.events if event.state == state]


def fake_parts(home: Path, **others: Any) -> Parts:
    """Parts with an engine and a model that are there, and promises that hold."""
    model = home / "tiny"
    root = home / "engine"
    found = EngineEnvironment(VERSION, root, root / "bin" / "python3", "d1gest")

    def locate(_version: str, _environ: Mapping[str, str]) -> EngineEnvironment:
        return found

    chosen = Parts(
        locate=locate,
        tiny_model=lambda: model,
        verify=passing,
        sample=lambda *_: "Hello.",
        supervisor=(sys.executable, "-S", str(FAKE_SUPERVISOR)),
        margin=60.0,
        haste=5.0,
    )
    return dataclasses.replace(chosen, **others)


def driver(world: World, release: Release, slow: str = "") -> list[str]:
    """Give the command that applies a release in a process of its own; see ``driver.py``."""
    file = world.home / f"{release.name}-{release.digest()[:8]}.json"
    file.write_text(release.to_json())
    return [*FRESH, sys.executable, "-m", "apply.driver", str(world.home), str(file), slow]


def wait_until(holds: Callable[[], bool], seconds: float = 240.0) -> None:
    wait_for(holds, seconds)
