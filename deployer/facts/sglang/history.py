"""When each option, choice and variable of SGLang came and went.

For messages about a mistake: ``history.json`` is written by ``deployer/catalogue`` from all
catalogues together, and is only read when somebody asks. A lifetime is the first release with
something and the first without it again; the second is empty where the newest release still has it.

``past.json`` holds what came and went before the first catalogue, back to 0.1.3, the oldest wheel
that is published.
"""

from __future__ import annotations

import functools
import json
from typing import Any, TypeAlias

from deployer.facts.sglang.catalogue import FOLDER, FORMAT_VERSION, own_folder, releases

HISTORY = "history.json"
PAST = "past.json"

Lifetimes: TypeAlias = tuple[tuple[str, str], ...]


def lifetimes(string: str) -> Lifetimes:
    """Give when a spelling (``--tp-size``) was known; nothing where no release knew it."""
    return _past("strings", string) + _pairs(_read()["strings"].get(string, ()))


def choice_lifetimes(option_name: str, value: str) -> Lifetimes:
    """Give when a spelling's option took this value; nothing where no release offered it.

    A release that checks no choices takes every value that another release offers.
    """
    history = _read()
    past = _pairs(_read_past()["choices"].get(option_name, {}).get(value, ()))
    changed = history["choices"].get(option_name, {})
    if value in changed:
        return past + _pairs(changed[value])
    constant = history["constant_choices"].get(option_name, ())
    return past + lifetimes(option_name) if value in constant else past


def variable_lifetimes(name: str) -> Lifetimes:
    """Give when an environment variable was declared; nothing where no release declared it."""
    return _past("variables", name) + _pairs(_read()["variables"].get(name, ()))


def forget() -> None:
    """Let this process read the history anew."""
    _read.cache_clear()


@functools.cache
def _read() -> dict[str, Any]:
    """Read the history of every release that is known here.

    The user's own one counts as long as it was made of just these releases; after an update of
    deployer the shipped one does, until `deployer catalogue add` makes it anew.
    """
    own = _own()
    if own is not None and own.get("releases") == list(releases()):
        return own
    document: dict[str, Any] = json.loads((FOLDER / HISTORY).read_text(encoding="utf-8"))
    if document["format_version"] != FORMAT_VERSION:
        msg = f"history.json has format {document['format_version']}, not {FORMAT_VERSION}"
        raise ValueError(msg)
    return document


def _past(kind: str, name: str) -> Lifetimes:
    return _pairs(_read_past()[kind].get(name, ()))


@functools.cache
def _read_past() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / PAST).read_text(encoding="utf-8"))
    return document


def _own() -> dict[str, Any] | None:
    try:
        document = json.loads((own_folder() / HISTORY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    fits = isinstance(document, dict) and document.get("format_version") == FORMAT_VERSION
    return document if fits else None


def _pairs(runs: list[list[str]]) -> Lifetimes:
    return tuple((born, gone) for born, gone in runs)
