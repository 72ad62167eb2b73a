"""The plugin in the engine's own environment, where nothing asks for it.

That it is the platform where something does is seen where the engine is imported anyway
(``tests/facts/test_against_real_parsers.py``).
"""

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
    done = subprocess.run(
        [str(engine_environment.python), "-c", code],
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.splitlines()[-1] == "None False None"
