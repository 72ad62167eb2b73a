"""What the supervisor, and through it the engine, finds in its environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deployer.apply.local.family import MARK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

INHERITED = frozenset({
    "CUDA_CACHE_PATH", "CUDA_DEVICE_ORDER", "CUDA_HOME", "CUDA_PATH", "CUDA_VISIBLE_DEVICES",
    "HF_HOME", "HF_HUB_CACHE", "HOME", "HUGGINGFACE_HUB_CACHE", "LANG", "LANGUAGE",
    "LD_LIBRARY_PATH", "LOGNAME", "MKL_NUM_THREADS", "NVIDIA_DRIVER_CAPABILITIES",
    "NVIDIA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PATH", "TEMP", "TMP",
    "TMPDIR", "TORCHINDUCTOR_CACHE_DIR", "TRANSFORMERS_CACHE", "TRITON_CACHE_DIR", "TZ", "USER",
    "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
})  # fmt: skip
"""What an engine without network needs of its caller: where programs, libraries, caches and GPUs
are, the language, the time zone, the number of threads. A server is what its profile says, not
more, and nobody's credentials are its business. No proxies: SGLang's own first request goes to
127.0.0.1 through whatever they name."""

_BEGINNINGS = ("LC_", "NCCL_")


def supervisor_environment(
    environ: Mapping[str, str], *, engine: Path, folder: Path, variable: str, key: str
) -> dict[str, str]:
    """Build the environment: the engine's ``bin`` first, the key, the mark, nothing that leaks.

    ``engine`` is the root of the engine's virtual environment, ``folder`` the deployment's
    folder, ``variable`` the name that the release gives to the API key ('' for no key).
    """
    kept = {name: value for name, value in environ.items() if _is_needed(name)}
    path = environ.get("PATH", "") or os.defpath
    added = {
        "PATH": f"{engine / 'bin'}{os.pathsep}{path}",
        "VIRTUAL_ENV": str(engine),
        "HF_HUB_OFFLINE": "1",
        MARK: str(folder),
    }
    return kept | added | ({variable: key} if variable else {})


def _is_needed(name: str) -> bool:
    return name in INHERITED or name.startswith(_BEGINNINGS)
