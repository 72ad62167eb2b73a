"""The catalogue of one SGLang release: every option that its command line knows.

The JSON files beside this module are written by ``tools/catalogue`` (`make catalogue VERSION=...`)
from published wheels, and proven against each release's real parser. Nothing here imports SGLang.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployer.facts.sglang.versions import release_key

FORMAT_VERSION = 1
"""The version of the JSON form that this module reads."""

FOLDER = Path(__file__).parent


class UnknownReleaseError(LookupError):
    """There is no catalogue of that release."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the command line.

    ``strings`` are its spellings, the canonical one first, with the ``--no-`` forms that
    ``BooleanOptionalAction`` adds. ``action`` is argparse's own name (``store``, ``store_true``,
    ``BooleanOptionalAction``) or the class that SGLang wrote (``DeprecatedAliasStoreAction``).
    ``type`` is the function that turns a word into a value (``int``, ``human_readable_int``; empty
    where words stay text). ``choices`` and ``default`` hold JSON values. ``category`` is the
    namespace of SGLang from 0.5.20 on, for every release. ``replaced_by`` is what the release
    itself says to write instead, ``error`` what it answers where it refuses the option. ``since``
    is the first release with this option among the catalogues, ``removed_in`` the first without.
    """

    strings: tuple[str, ...]
    dest: str
    type: str
    action: str
    choices: tuple[Any, ...] | None
    default: Any
    nargs: str | int | None
    const: Any
    required: bool
    help: str
    category: str
    deprecated: bool
    replaced_by: str
    error: str
    since: str
    removed_in: str

    @property
    def name(self) -> str:
        """The canonical spelling."""
        return self.strings[0]

    @property
    def takes_value(self) -> bool:
        """Whether a word must or may follow: false for switches of every kind."""
        return self.nargs != 0

    @property
    def first_sentence(self) -> str:
        """The first sentence of the help, at most 140 characters: one line for a reviewer."""
        sentence = " ".join(self.help.split()).split(". ")[0].rstrip(".")
        return sentence if len(sentence) <= 140 else f"{sentence[:139].rstrip()}…"  # noqa: PLR2004


class Catalogue:
    """Every option of one release, by spelling."""

    def __init__(self, version: str, options: tuple[Option, ...], variables: dict[str, Any]):
        self.version = version
        self.options = options
        self.variables = variables
        """The environment variables that the release declares (``SGLANG_*``), with defaults."""
        self._by_string = {string: option for option in options for string in option.strings}

    def __iter__(self) -> Iterator[Option]:
        return iter(self.options)

    def find(self, string: str) -> Option | None:
        """Give the option with exactly this spelling (``--tp-size``), or None."""
        return self._by_string.get(string)

    def strings(self) -> tuple[str, ...]:
        """Give every spelling, in the order of the options."""
        return tuple(self._by_string)

    def beginning_with(self, prefix: str) -> tuple[str, ...]:
        """Give the spellings that begin so, as argparse looks for abbreviations."""
        return tuple(string for string in self._by_string if string.startswith(prefix))


@functools.cache
def releases() -> tuple[str, ...]:
    """Give every release that has a catalogue, oldest first."""
    found = [path.stem for path in FOLDER.glob("*.json") if path.stem[0].isdigit()]
    return tuple(sorted(found, key=release_key))


def newest() -> str:
    """Give the newest release that has a catalogue."""
    return releases()[-1]


@functools.cache
def load(version: str) -> Catalogue:
    """Read the catalogue of a release; raises UnknownReleaseError where there is none."""
    path = FOLDER / f"{version}.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        msg = f"there is no catalogue of SGLang {version}"
        raise UnknownReleaseError(msg) from error
    if document["format_version"] != FORMAT_VERSION:
        msg = f"{path.name} has format {document['format_version']}, not {FORMAT_VERSION}"
        raise ValueError(msg)
    return Catalogue(
        version, tuple(_option(entry) for entry in document["options"]), document["variables"]
    )


def _option(entry: dict[str, Any]) -> Option:
    choices = entry.get("choices")
    return Option(
        strings=tuple(entry["strings"]),
        dest=entry["dest"],
        type=entry.get("type", ""),
        action=entry.get("action", "store"),
        choices=None if choices is None else tuple(choices),
        default=entry.get("default"),
        nargs=entry.get("nargs"),
        const=entry.get("const"),
        required=entry.get("required", False),
        help=entry.get("help", ""),
        category=entry.get("category", ""),
        deprecated=entry.get("deprecated", False),
        replaced_by=entry.get("replaced_by", ""),
        error=entry.get("error", ""),
        since=entry.get("since", ""),
        removed_in=entry.get("removed_in", ""),
    )
