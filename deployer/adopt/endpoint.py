"""The launch of a server that runs: the arguments that it says of itself.

SGLang tells them at `/server_info`, up to 0.5.10 at `/get_server_info`, as the fields of its
``ServerArgs`` (0.5.23 ``srt/entrypoints/http_server.py``); what it chose itself stands among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deployer.adopt.note import Kind, Note
from deployer.facts.sglang.catalogue import Catalogue, Option, load, newest, releases

PATHS = ("/server_info", "/get_server_info")

OF_ONE_START = frozenset(
    {"random_seed", "nccl_port", "dist_init_addr", "tokenizer_path", "config", "skip_server_warmup"}
)
"""Options that a start chooses anew, or that follow from others."""


def release_of(info: Mapping[str, Any]) -> tuple[str, str]:
    """Give the release that a server says it is, and why another is taken where it is unknown."""
    version = str(info.get("version", ""))
    if version in releases():
        return version, ""
    return newest(), f"the server says release {version or 'nothing'}, which is not known here"


def words_of(info: Mapping[str, Any], version: str) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """Give the words that launch such a server: what is not the release's own default."""
    catalogue = load(version)
    words: list[str] = []
    notes: list[Note] = []
    seen: set[str] = set(OF_ONE_START)
    for option in catalogue.options:
        if option.dest in seen or option.dest not in info or option.deprecated:
            continue
        seen.add(option.dest)
        value = info[option.dest]
        if value is None or value == option.default:
            continue
        made = _words(option, value)
        if made is None:
            text = f"`{option.name}` has a value that no command line says"
            notes.append(Note(Kind.LEFT_OUT, text))
        else:
            words += made
    text = "what the engine chose by itself stands as if it had been asked for"
    said = Note(Kind.ASSUMED, f"{text}: take out what need not be pinned")
    return tuple(words), (said, *notes, *_beyond(catalogue, info))


def _words(option: Option, value: Any) -> list[str] | None:  # noqa: ANN401 - what JSON holds
    """Write one option; None where a command line has no form for it."""
    if isinstance(value, bool):
        if option.action in {"store_true", "BooleanOptionalAction"}:
            off = option.name.replace("--", "--no-", 1)
            return [option.name] if value else [off] if off in option.strings else None
        return [option.name] if value and option.nargs == 0 else None
    if isinstance(value, str | int | float):
        return [option.name, str(value)] if value != "" else []
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return [option.name, *map(str, value)] if value else []
    return None


def _beyond(catalogue: Catalogue, info: Mapping[str, Any]) -> Iterator[Note]:
    if "model_path" not in info:
        text = f"the answer names no model: it is none of SGLang {catalogue.version}"
        yield Note(Kind.LEFT_OUT, text)
