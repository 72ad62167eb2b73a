"""What a local deployment is carried out with: the engine, the probes, the supervisor, the clock.

Each is a parameter with a default. The defaults import what they need when they are called:
``verify`` brings the OpenAI client along, which takes longer than a status does.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployer.engine.environment import EngineEnvironment
    from deployer.release import Release
    from deployer.verify.verdict import Verdict

    OnVerdict = Callable[[Verdict], None]
    Verify = Callable[[Release, str, str, OnVerdict], tuple[Verdict, ...]]
    """Probes what a release promises, given its URL and key; tells each verdict as it falls."""

Progress = Callable[[str, float | None], None]
"""Told what is going on, and which part of it is done (0 to 1, None where nobody knows)."""


def _locate(version: str, environ: Mapping[str, str]) -> EngineEnvironment | None:
    from deployer.engine.environment import locate  # noqa: PLC0415 - see the module

    return locate(version, environ=environ)


def _install(version: str, progress: Progress, environ: Mapping[str, str]) -> EngineEnvironment:
    from deployer.engine.install import install  # noqa: PLC0415 - see the module

    return install(version, progress=progress, environ=environ)


def _tiny_model(engine: EngineEnvironment, progress: Progress, environ: Mapping[str, str]) -> Path:
    from deployer.engine.model import ensure_tiny_model  # noqa: PLC0415 - see the module

    return ensure_tiny_model(engine, progress=progress, environ=environ)


def _verify(release: Release, url: str, key: str, on_verdict: OnVerdict) -> tuple[Verdict, ...]:
    from deployer.verify.endpoint import Endpoint  # noqa: PLC0415 - see the module
    from deployer.verify.run import verify  # noqa: PLC0415 - see the module

    return verify(Endpoint.from_release(release, url, key or None), on_verdict=on_verdict)


def _sample(release: Release, url: str, key: str) -> str:
    from deployer.verify.endpoint import Endpoint  # noqa: PLC0415 - see the module
    from deployer.verify.sample import sample_answer  # noqa: PLC0415 - see the module

    return sample_answer(Endpoint.from_release(release, url, key or None))


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
    tiny_model: Callable[[EngineEnvironment, Progress, Mapping[str, str]], Path] = _tiny_model
    verify: Verify = _verify
    sample: Callable[[Release, str, str], str] = _sample
    supervisor: tuple[str, ...] = (sys.executable, str(_SUPERVISE))
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    margin: float = 15.0
    haste: float = 5.0


DEFAULT_PARTS = Parts()
