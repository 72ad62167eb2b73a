"""What turns the words of a value into the value, by the names that the catalogues give.

Each function takes a word and returns a value, or raises ValueError (or argparse's own
ArgumentTypeError, whose text is shown). They accept exactly what SGLang's functions of the same
name accept: ``srt/utils/common.py``, and ``srt/model_executor/cuda_graph_config.py`` from 0.5.14.
"""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any, NoReturn

from deployer.facts.sglang.catalogue import Option
from deployer.facts.sglang.versions import release_key
from deployer.late import compile_pattern

SI = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
IEC = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
SUFFIXED = compile_pattern(r"(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|k|M|G|T)")
LARGEST = 2**64 - 1
"""orjson, which reads JSON lists, turns larger integers into floats."""

Converter = Callable[[str], Any]


def converter(option: Option, version: str) -> Converter | None:
    """Give the function that reads one word of an option; None where words stay text."""
    name = option.type
    if option.action == "LoRAPathAction":
        return lora_path
    if name == "parse_cuda_graph_config_arg":
        return lambda word: cuda_graph_config(word, version)
    return CONVERTERS[name]


def human_readable_int(word: str) -> int:
    """Read ``65536``, ``64k`` or ``64Ki``; upper and lower case differ."""
    word = word.strip()
    match = SUFFIXED.fullmatch(word)
    if match is None:
        return int(word)
    from decimal import Decimal  # noqa: PLC0415 - slow to import, and seldom needed

    number, suffix = match.groups()
    if suffix in SI:
        return int(Decimal(number) * SI[suffix])
    if "." in number:
        msg = f"a binary suffix takes a whole number: {int(Decimal(number))}{suffix}, not {word}"
        raise ArgumentTypeError(msg)
    return int(number) * IEC[suffix]


def nullable_str(word: str) -> str | None:
    """Read text; an empty word and ``None`` are no value."""
    return None if word in {"", "None"} else word


def lora_path(word: str) -> Any:  # noqa: ANN401 - text or a JSON object
    """Read an adapter: a path, ``name=path``, or a JSON object with its name and path."""
    word = word.strip()
    if not (word.startswith("{") and word.endswith("}")):
        return word
    value = json.loads(word)
    if missing := [key for key in ("lora_name", "lora_path") if key not in value]:
        msg = f"the JSON object lacks {' and '.join(missing)}"
        raise ArgumentTypeError(msg)
    return value


def json_list(word: str) -> Any:  # noqa: ANN401 - a JSON value is any of six types
    """Read JSON as orjson does: no NaN or Infinity."""
    return json.loads(word, parse_constant=_no_constant, parse_int=_whole)


def cuda_graph_backend(word: str) -> str:
    """Refuse the backend that was retired in 0.5.22."""
    if word == "tc_piecewise":
        msg = "tc_piecewise was removed; write breakable, full or disabled"
        raise ArgumentTypeError(msg)
    return word


def cuda_graph_config(word: str, version: str) -> dict[str, Any]:
    """Read the settings of each phase as JSON, with the keys that the release knows."""
    try:
        phases = json.loads(word)
    except ValueError as error:
        msg = f"not JSON: {error}"
        raise ArgumentTypeError(msg) from error
    if not isinstance(phases, dict):
        msg = f"a JSON object is needed, not a {type(phases).__name__}"
        raise ArgumentTypeError(msg)
    allowed = cuda_graph_keys(version)
    for phase, settings in phases.items():
        _phase(phase, settings, allowed, version)
    return phases


def cuda_graph_keys(version: str) -> dict[str, frozenset[str]]:
    """Give the keys of each phase (``ALLOWED_KEYS_PER_PHASE`` of the release)."""
    release = release_key(version)
    decode = {"backend", "max_bs", "bs"}
    if release < release_key(CUDA_GRAPH_NO_COMPILER):
        decode |= {"tc_compiler"}
    prefill = decode | {key for key, since in CUDA_GRAPH_PREFILL if release >= release_key(since)}
    return {"decode": frozenset(decode), "prefill": frozenset(prefill)}


CUDA_GRAPH_NO_COMPILER = "0.5.22"
CUDA_GRAPH_PREFILL = (
    ("full_prefill_max_req", "0.5.15"),
    ("full_prefill_prefix_chunk_tokens", "0.5.17"),
    ("max_context_size", "0.5.21"),
    ("max_seq_len", "0.5.21"),
)
"""Keys of the prefill phase, each with the first release that takes it."""


def _phase(phase: str, settings: Any, allowed: dict[str, frozenset[str]], version: str) -> None:  # noqa: ANN401 - whatever the JSON holds
    if phase not in allowed:
        msg = f"{phase} is no phase; there are {' and '.join(allowed)}"
        raise ArgumentTypeError(msg)
    if not isinstance(settings, dict):
        msg = f"the settings of {phase} must be a JSON object, not a {type(settings).__name__}"
        raise ArgumentTypeError(msg)
    if release_key(version) >= release_key(CUDA_GRAPH_NO_COMPILER) and "backend" in settings:
        cuda_graph_backend(settings["backend"])
    if unknown := sorted(set(settings) - allowed[phase]):
        msg = (
            f"{unknown[0]} is no setting of {phase}; there are {', '.join(sorted(allowed[phase]))}"
        )
        raise ArgumentTypeError(msg)


def _no_constant(word: str) -> NoReturn:
    msg = f"{word} is not JSON"
    raise ValueError(msg)


def _whole(digits: str) -> int | float:
    value = int(digits)
    return value if -(2**63) <= value <= LARGEST else float(digits)


CONVERTERS: dict[str, Converter | None] = {
    "": None,
    "str": None,
    "int": int,
    "float": float,
    "human_readable_int": human_readable_int,
    "nullable_str": nullable_str,
    "json.loads": json.loads,
    "json_list_type": json_list,
    "parse_cuda_graph_backend_arg": cuda_graph_backend,
}
