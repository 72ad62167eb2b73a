"""What a local deployment is carried out with: the engine, the probes, the supervisor, the clock.

Each is a parameter with a default. The defaults import what they need when they are called.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.apply.proof import Sample, Verify, sample, verify

if TYPE_CHECKING:
    from deployer.engine.environment import EngineEnvironment

Progress = Callable[[str, float | None], None]
"""Told what is going on, and which part of it is done (0 to 1, None where nobody knows)."""


def _locate(version: str, environ: Mapping[str, str]) -> EngineEnvironment | None:
    from deployer.engine.environment import locate  # noqa: PLC0415 - see the module

    return locate(version, environ=environ)


def _install(version: str, progress: Progress, environ: Mapping[str, str]) -> EngineEnvironment:
    from deployer.engine.install import install  # noqa: PLC0415 - see the module

    return install(version, progress=progress, environ=environ)


def _tiny_model() -> Path:
    from deployer.engine.model import tiny_model  # noqa: PLC0415 - see the module

    return tiny_model()


_SUPERVISE = Path(__file__).with_name("supervise.py")


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that reaches out of this process, the clocks, and our patience (seconds).

    ``margin`` is what a server gets beyond its drain budget, because SGLang looks for an idle
    moment only every 5 s; ``haste`` what it gets after the second SIGTERM, which ends it without
    draining.
    """

    locate: Callable[[str, Mapping[str, str]], EngineEnvironment | None] = _locate
    install: Callable[[str, Progress, Mapping[str, str]], EngineEnvironment] = _install
    tiny_model: Callable[[], Path] = _tiny_model
    verify: Verify = verify
    sample: Sample = sample
    supervisor: tuple[str, ...] = (sys.executable, str(_SUPERVISE))
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    margin: float = 15.0
    haste: float = 5.0


DEFAULT_PARTS = Parts()
