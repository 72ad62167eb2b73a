"""Imports all that SGLang's resolution may import, while this still looks like a plain CPU.

Once a GPU is pretended, a module that is imported for the first time would look for its kernels
and fail. So every module that the resolution names, at its top or within a function, comes first.
"""

# ruff: noqa: ANN401  # the engine's own objects, whose types are not installed here

import ast
import importlib
import importlib.metadata
import os
import sys
import warnings
from pathlib import Path
from typing import Any

SWITCH = "DEPLOYER_CPU_PLATFORM"
"""Turns on the CPU platform plugin (``cpu_platform/``), whose import hooks are needed here too."""


def load(*, overlay: bool) -> Any:
    """Import the engine and give its ``sglang.srt.server_args``.

    With ``overlay`` the SGLang that is found is another release than the one that this environment
    was made for; :func:`_bridge` mends what does not fit.
    """
    warnings.simplefilter("ignore")
    if overlay:
        _bridge()
    engine = importlib.import_module("sglang.srt.server_args")
    for name in sorted(_named(Path(engine.__file__ or "").parent)):
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - what matters is imported again, and said then
            sys.stderr.write(f"cannot import {name}: {error}\n")
    _forget_types()
    return engine


def packages() -> dict[str, str]:
    """Give the versions of the packages that the resolution reads models with."""
    return {name: importlib.metadata.version(name) for name in ("torch", "transformers")}


OWN_WAYS = {"deepseek_v32": "_load_deepseek_v32_model"}
"""Types of model that releases up to 0.5.11 read in a way of their own, which they take where
transformers does not know the type: at home it did not, and the one here does."""


def _forget_types() -> None:
    """Let transformers not know what the release's own transformers did not know."""
    auto: Any = importlib.import_module("transformers.models.auto.configuration_auto")
    names = ("sglang.srt.utils.hf_transformers_utils", "sglang.srt.utils.hf_transformers.common")
    for kind, way in OWN_WAYS.items():
        if any(hasattr(sys.modules.get(name), way) for name in names):
            auto.CONFIG_MAPPING._mapping.pop(kind, None)  # noqa: SLF001 - where it keeps them


def _named(root: Path) -> set[str]:
    """Name the modules of SGLang that ``server_args.py`` and ``arg_groups`` import anywhere."""
    files = [root / "server_args.py", *root.joinpath("arg_groups").rglob("*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    return {
        node.module
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        and node.module
        and not node.level
        and _is_sglang(node.module)
    }


def _is_sglang(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] == "sglang"


def _bridge() -> None:
    """Let another release be imported beside the packages of this environment.

    The plugin's platform class is written for one release; its import hooks are up by now, so it
    is turned off. Releases up to 0.5.19 register model types that their own transformers lacked
    and this one has: theirs win, as they would at home.
    """
    os.environ.pop(SWITCH, None)
    config: Any = importlib.import_module("transformers").AutoConfig
    register = config.register

    def replacing(model_type: str, config_class: Any, exist_ok: bool = True) -> None:  # noqa: FBT001, FBT002
        del exist_ok
        register(model_type, config_class, exist_ok=True)

    config.register = staticmethod(replacing)
