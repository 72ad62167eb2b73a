"""Lets a model be read from its config.json alone: never by code of its repository.

A repository may bring a class that reads its own config (``auto_map``). Its code is not here, and
must not run. What such classes do is keep the file's keys; SGLang's and transformers' own class of
that type does it where there is one, and else a class that has exactly the file's keys, those of
nested configs too. What the missing code would have added is then unknown to the resolution, which
says so by failing, as Python does for an attribute that is not there.
"""

# ruff: noqa: ANN401  # the engine's own objects, whose types are not installed here

import importlib
import json
import re
from pathlib import Path
from typing import Any

CONFIG = "config.json"

_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)


def implemented(engine: Any) -> frozenset[str]:
    """Name every class in the release's folder of models, where it looks for architectures."""
    files = (Path(engine.__file__).parent / "models").rglob("*.py")
    return frozenset(name for file in files for name in _CLASS.findall(file.read_text("utf-8")))


def missing(arguments: list[str], classes: frozenset[str]) -> list[str]:
    """Give the architectures of the models that the release has no class for."""
    wanted = [_read(word).get("architectures") or [] for word in arguments if _is_model(word)]
    return sorted({name for names in wanted for name in names if name not in classes})


def without_code(arguments: list[str]) -> list[str]:
    """Read every config without a repository's code; say what stands for that of the model.

    ``arguments`` name the model's folder, and that of a draft model.
    """
    transformers: Any = importlib.import_module("transformers")
    _never_remote(transformers.AutoConfig)
    found = [_read(word) for word in arguments if _is_model(word)]
    return sorted({said for config in found for said in _stand_in(transformers, config)})


def _is_model(word: str) -> bool:
    return word.startswith("/") and (Path(word) / CONFIG).is_file()


def _read(folder: str) -> Any:
    return json.loads((Path(folder) / CONFIG).read_text("utf-8"))


def _never_remote(auto: Any) -> None:
    load = auto.from_pretrained

    def from_pretrained(*arguments: Any, **options: Any) -> Any:
        return load(*arguments, **{**options, "trust_remote_code": False})

    auto.from_pretrained = staticmethod(from_pretrained)


def _stand_in(transformers: Any, config: Any) -> list[str]:
    """Register a class for a type of model that neither SGLang nor transformers has one for."""
    kind = config.get("model_type")
    mapping = importlib.import_module("transformers.models.auto.configuration_auto").CONFIG_MAPPING
    if not kind or kind in mapping:
        return []
    if "AutoConfig" not in (config.get("auto_map") or {}):
        return []  # SGLang could not read it at home either
    transformers.AutoConfig.register(kind, _plain(transformers, kind, mapping))
    return [f"the code that reads {kind}'s config: its keys as they are"]


def _plain(transformers: Any, kind: str, mapping: Any) -> Any:
    """Make a class whose attributes are a config's keys, with those of nested configs below."""
    base: Any = getattr(transformers, "PreTrainedConfig", None) or transformers.PretrainedConfig

    def init(self: Any, **keys: Any) -> None:
        nested = {name: keys.pop(name) for name, value in list(keys.items()) if _is_config(value)}
        vars(self).update(keys)  # as such classes do: the base may ask for one of them
        base.__init__(self, **keys)
        for name, value in nested.items():
            inner = value.get("model_type", "")
            known = mapping[inner] if inner in mapping else _plain(transformers, inner, mapping)
            setattr(self, name, known(**value))

    return type("PlainConfig", (base,), {"model_type": kind, "__init__": init})


def _is_config(value: Any) -> bool:
    return isinstance(value, dict) and "num_hidden_layers" in value
