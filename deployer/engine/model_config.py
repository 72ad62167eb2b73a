"""The model's config file, which is all of a model that the resolution of arguments reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployer.behaviour.experts import BESIDE_KEY
from deployer.codec import read_json
from deployer.engine.model import tiny_model
from deployer.errors import Failure, UsageError
from deployer.facts.models.catalogue import find
from deployer.facts.models.checkpoint import CONFIG
from deployer.facts.models.config import BESIDE as QUANTIZATION
from deployer.files import is_there
from deployer.lock.lock import LockedRepository
from deployer.release import ModelSource

BESIDE = (QUANTIZATION, "generation_config.json")
"""Further files that SGLang looks at; no weights, no tokenizer and no code."""

CODE = {"auto_map": {"AutoConfig": "configuration.Config"}}
CODED = frozenset({
    "deepseek_v3", "kimi_k2", "kimi_k25", "kimi_k3", "minimax_m2", "minimax_m3_vl", "nemotron_h",
})  # fmt: skip
"""Types of model whose repositories bring code that reads their config, which shipped facts leave
out (``auto_map`` of their files in aiconfigurator-core 0.12.0)."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The files that make a folder look like the model, and where they come from."""

    files: Mapping[str, bytes]
    source: str

    def write(self, folder: Path) -> None:
        """Write the files into ``folder``, which is made."""
        folder.mkdir()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


def model_config(
    model: ModelSource,
    *,
    given: Path | None = None,
    locked: LockedRepository | None = None,
) -> ModelConfig:
    """Find the config of a model: the file that was given, the lock's, the model's folder's, ours.

    Raises UsageError where ``given`` is no config, Failure where there is none at all.
    """
    if given is not None:
        return _read(given, str(given))
    if locked is not None and locked.documents.get(CONFIG, {}).get("architectures"):
        return _of_lock(locked)
    folder = _folder(model)
    if is_there(folder / CONFIG) and (folder / CONFIG).is_file():
        return _read(folder / CONFIG, str(folder / CONFIG))
    if (known := shipped(model.repo)) is not None:
        return known
    hint = "Fetch the repository's config.json and name it with `--model-config FILE`"
    message = f"the config of {model.repo} is not on this machine"
    raise Failure(message, hint=hint)


def shipped(repo: str) -> ModelConfig | None:
    """Give the files that shipped facts were read from, None where nothing is shipped.

    What no memory and no choice of kernels depends on is not among them.
    """
    found = find(repo)
    if found is None or not found.config:
        return None
    code = CODE if found.config.get("model_type") in CODED else {}
    documents = {**found.documents, **_apart({**code, **found.config})}
    files = {name: json.dumps(value).encode() for name, value in documents.items()}
    return ModelConfig(files, f"the config of {repo} that comes with deployer")


def _apart(config: Mapping[str, Any]) -> dict[str, Any]:
    """Take out again what shipped facts merged from the quantization file beside."""
    quantization = config.get("quantization_config")
    if not isinstance(quantization, Mapping) or BESIDE_KEY not in quantization:
        return {CONFIG: config}
    rest = {key: value for key, value in config.items() if key != "quantization_config"}
    own = {key: value for key, value in quantization.items() if key != "quant_method"}
    return {CONFIG: rest, QUANTIZATION: {"producer": {"name": "modelopt"}, "quantization": own}}


def _of_lock(locked: LockedRepository) -> ModelConfig:
    found = {name: locked.documents[name] for name in (CONFIG, *BESIDE) if name in locked.documents}
    content = {name: json.dumps(one).encode() for name, one in found.items()}
    return ModelConfig(content, f"the lock, {locked.repo} at {locked.commit}")


def _folder(model: ModelSource) -> Path:
    return Path(model.path) if model.source != "builtin" else tiny_model()


def _read(path: Path, source: str) -> ModelConfig:
    try:
        content = path.read_bytes()
        config = read_json(content, constants=True)
    except OSError as error:
        message = f"{path}: {error.strerror or error}"
        raise UsageError(message, hint="Give the path of a model's config.json") from error
    except ValueError as error:
        message = f"{path} is {error}"
        raise UsageError(message, hint="Give the path of a model's config.json") from error
    if not isinstance(config, dict) or not config.get("architectures"):
        message = f"{path} names no `architectures`, so it is no model's config"
        raise UsageError(message, hint="Give the path of a model's config.json")
    beside = {name: path.with_name(name) for name in BESIDE if path.with_name(name).is_file()}
    return ModelConfig({CONFIG: content} | {n: p.read_bytes() for n, p in beside.items()}, source)
