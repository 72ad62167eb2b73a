"""SGLang platform plugin: serve on a CPU with nothing but packages from PyPI.

SGLang asks every entry point of the group ``sglang.srt.platforms`` for the name of a platform class
(``sglang/srt/platforms/__init__.py``, ``_resolve_platform``). This one answers only where the
environment says ``DEPLOYER_CPU_PLATFORM=1``, so that it may lie installed and change nothing.

Keep this module free of imports that cost time: the ``.pth`` file beside the package loads it at
the start of every interpreter that has the variable set.
"""

import os

SWITCH = "DEPLOYER_CPU_PLATFORM"
"""Environment variable that turns everything in this package on, with the value ``1``."""


def enabled() -> bool:
    """Tell whether the environment asks for the CPU platform."""
    return os.environ.get(SWITCH) == "1"


def activate() -> str | None:
    """Answer SGLang's platform discovery: the class to instantiate, or None for "not here"."""
    return "deployer_cpu_platform.platform.CpuPlatform" if enabled() else None
