"""The plugin that makes the CPU a platform of the engine, in the engine's own environment."""

import os
import subprocess

import pytest

from deployer.engine.environment import EngineEnvironment

pytestmark = [pytest.mark.engine]


def test_plugin_is_silent_without_the_variable(engine_environment: EngineEnvironment) -> None:
    code = (
        "import sys, importlib.metadata as metadata, importlib.util\n"
        "point, = metadata.entry_points(group='sglang.srt.platforms')\n"
        "loaded = 'deployer_cpu_platform' in sys.modules\n"
        "print(point.load()(), loaded, importlib.util.find_spec('triton'))\n"
    )
    assert _in_engine(engine_environment, code) == "None False None"


def test_plugin_is_the_platform_with_the_variable(engine_environment: EngineEnvironment) -> None:
    code = (
        "from sglang.srt.platforms import current_platform\nprint(type(current_platform).__name__)"
    )
    assert _in_engine(engine_environment, code, DEPLOYER_CPU_PLATFORM="1") == "CpuPlatform"


def _in_engine(engine: EngineEnvironment, code: str, **variables: str) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [str(engine.python), "-c", code],
        env=kept | variables,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.strip().splitlines()[-1]
