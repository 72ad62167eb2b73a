"""What the supervisor, and through it the engine, finds in its environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deployer.apply.local.family import MARK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_STEERING = ("PYTHON", "PYDANTIC_", "SGLANG_", "SGL_", "CONDA_")
"""The caller's interpreter and engine settings: a server is what its profile says, not more."""

_PRIVATE = frozenset({
    "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN",
    "MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET",
})  # fmt: skip
"""Credentials that an engine without network has no use for."""

_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"})
"""SGLang's own first request goes to 127.0.0.1 through whatever these name."""


def supervisor_environment(
    environ: Mapping[str, str], *, engine: Path, folder: Path, variable: str, key: str
) -> dict[str, str]:
    """Build the environment: the engine's ``bin`` first, the key, the mark, nothing that leaks.

    ``engine`` is the root of the engine's virtual environment, ``folder`` the deployment's
    folder, ``variable`` the name that the release gives to the API key ('' for no key).
    """
    kept = {name: value for name, value in environ.items() if _is_harmless(name)}
    path = environ.get("PATH", "") or os.defpath
    added = {
        "PATH": f"{engine / 'bin'}{os.pathsep}{path}",
        "VIRTUAL_ENV": str(engine),
        "HF_HUB_OFFLINE": "1",
        MARK: str(folder),
    }
    return kept | added | ({variable: key} if variable else {})


def _is_harmless(name: str) -> bool:
    upper = name.upper()
    return not upper.startswith(_STEERING) and upper not in _PRIVATE | _PROXIES
