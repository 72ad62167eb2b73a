"""Which variable of the environment a person agreed to send as a profile's API key, once for all.

The profile is known by its file, or by the deployment's name where there is no file.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from deployer.apply.files import make_folder, state_home, write_whole
from deployer.codec import DecodeError, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT_VERSION = 1


def agreed(place: str, variable: str, environ: Mapping[str, str]) -> bool:
    """Whether somebody agreed to this variable for the profile at ``place``."""
    return [place, variable] in _read(_file(environ))


def agree(place: str, variable: str, environ: Mapping[str, str]) -> None:
    """Remember it. Raises Failure where that cannot be written."""
    file = _file(environ)
    pairs = [*_read(file), [place, variable]]
    make_folder(file.parent)
    value = {"format_version": FORMAT_VERSION, "agreed": pairs}
    write_whole(file, json.dumps(value, indent=2) + "\n")


def _file(environ: Mapping[str, str]) -> Path:
    return state_home(environ) / "key-variables.json"


def _read(file: Path) -> list[list[str]]:
    """Give the pairs; what cannot be read is asked for again."""
    with suppress(OSError, DecodeError):
        value = read_json(file.read_bytes())
        if isinstance(value, dict) and value.get("format_version") == FORMAT_VERSION:
            found = value.get("agreed")
            return [pair for pair in found if _is_pair(pair)] if isinstance(found, list) else []
    return []


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list) and [type(each) for each in pair] == [str, str]
