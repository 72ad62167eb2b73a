"""The catalogue of one SGLang release: every option that its command line knows.

The JSON files beside this module are written by ``deployer/catalogue`` from published wheels, and
proven against each release's real parser. A newer release has its file in a folder of the user's,
where `deployer catalogue add` put it, proven by nothing. Nothing here imports SGLang.
"""

from __future__ import annotations

import bisect
import functools
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deployer.errors import Failure
from deployer.facts.sglang.versions import is_release, release_key
from deployer.late import compile_pattern

FORMAT_VERSION = 1
"""The version of the JSON form that this module reads."""

FOLDER = Path(__file__).parent
"""The catalogues that are shipped."""

SENTENCE_END = compile_pattern(r"(?<!\be\.g)(?<!\bi\.e)\. ")
"""Where a help text's first sentence ends; `e.g.` and `i.e.` end none."""


class UnknownReleaseError(LookupError):
    """There is no catalogue of that release."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the command line.

    ``strings`` are its spellings, the canonical one first, with the ``--no-`` forms that
    ``BooleanOptionalAction`` adds. ``action`` is argparse's own name (``store``, ``store_true``,
    ``BooleanOptionalAction``) or the class that SGLang wrote (``DeprecatedAliasStoreAction``).
    ``type`` is the function that turns a word into a value (``int``, ``human_readable_int``; empty
    where words stay text). ``choices`` and ``default`` hold JSON values; ``default_from`` says why
    ``default`` is null where it is not the default: ``suppressed`` (argparse.SUPPRESS: without the
    option ``dest`` keeps another option's default) or ``computed: EXPRESSION`` (known when the
    engine runs). ``stores`` is the fixed value that a deprecated spelling writes to ``dest``.
    ``choice_aliases`` maps choices that are deprecated spellings to the new ones.
    ``category`` is the namespace of SGLang from 0.5.20 on, for every release. ``replaced_by`` is
    what the release itself says to write instead, ``error`` what it answers where it refuses the
    option. ``since`` is the first of the releases in a row that know ``name``, ``removed_in`` the
    first release after them, empty where the newest knows it still.
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
    default_from: str = ""
    stores: Any = None
    choice_aliases: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """The canonical spelling."""
        return self.strings[0]

    @property
    def first_sentence(self) -> str:
        """The first sentence of the help, at most 140 characters: one line for a reviewer."""
        sentence = SENTENCE_END.split(" ".join(self.help.split()), maxsplit=1)[0].rstrip(".")
        return sentence if len(sentence) <= 140 else f"{sentence[:139].rstrip()}…"  # noqa: PLR2004


class Catalogue:
    """Every option of one release, by spelling."""

    def __init__(
        self,
        version: str,
        options: tuple[Option, ...],
        variables: dict[str, Any],
        about: dict[str, Any] | None = None,
    ) -> None:
        self.version = version
        self.options = options
        self.variables = variables
        """The environment variables that the release declares in ``srt/environ.py``, with their
        defaults; null where the default is computed, or none."""
        self.about = about or {}
        """What the wheel says of itself: ``wheel``, ``date``, ``requires`` (pins by package), and
        ``variable_aliases`` (deprecated variable to the new one)."""
        self._by_string = {string: option for option in options for string in option.strings}
        self._sorted = sorted(self._by_string)
        self._places = {string: place for place, string in enumerate(self._by_string)}

    def __iter__(self) -> Iterator[Option]:
        """Give the options in the order of the release's own parser."""
        return iter(self.options)

    def find(self, string: str) -> Option | None:
        """Give the option with exactly this spelling (``--tp-size``), or None."""
        return self._by_string.get(string)

    def strings(self) -> tuple[str, ...]:
        """Give every spelling, in the order of the options."""
        return tuple(self._by_string)

    def beginning_with(self, prefix: str) -> tuple[str, ...]:
        """Give the spellings that begin so, as argparse looks for abbreviations."""
        first = bisect.bisect_left(self._sorted, prefix)
        found = []
        for string in self._sorted[first:]:
            if not string.startswith(prefix):
                break
            found.append(string)
        return tuple(sorted(found, key=self._places.__getitem__))


def own_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Give the folder of the user's own catalogues.

    ``$DEPLOYER_CATALOGUES``, else below the XDG data directory; it need not be there.
    """
    if given := environ.get("DEPLOYER_CATALOGUES"):
        return Path(given)
    data = environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(data):  # noqa: PTH117 - the specification's rule, on a text
        data = os.path.expanduser("~/.local/share")  # noqa: PTH111 - never raises
    return Path(data) / "deployer" / "catalogues"


@functools.cache
def shipped() -> tuple[str, ...]:
    """Give every release whose catalogue is shipped, oldest first."""
    return _in_order(FOLDER)


@functools.cache
def releases() -> tuple[str, ...]:
    """Give every release that has a catalogue, shipped or the user's own, oldest first."""
    return tuple(sorted({*shipped(), *_in_order(own_folder())}, key=release_key))


def _in_order(folder: Path) -> tuple[str, ...]:
    try:
        files = os.listdir(folder)  # noqa: PTH208 - as a glob, which takes a closed one for empty
    except (FileNotFoundError, NotADirectoryError):
        return ()
    found = (name.removesuffix(".json") for name in files if name.endswith(".json"))
    return tuple(sorted((name for name in found if is_release(name)), key=release_key))


def newest() -> str:
    """Give the newest release that has a catalogue."""
    return releases()[-1]


def find(version: str) -> Catalogue | None:
    """Read the catalogue of a release, or give None for one that nobody has catalogued."""
    return load(version) if version in releases() else None


def for_spelling(version: str) -> Catalogue | None:
    """Give the catalogue whose spellings a release is taken to have.

    Its own; for a newer one that nobody has catalogued, the newest known, because spellings stay
    longer than they change. That is likeness, so whoever reads a profile says so. None for others.
    """
    if version not in releases() and is_newer(version):
        return load(newest())
    return find(version)


def how_to_know(version: str) -> str:
    """Say what to do about a release that has no catalogue, for a message."""
    if is_release(version) and is_newer(version):
        return (
            f"The newest known is {newest()}; `deployer catalogue add {version}` reads the "
            "published release"
        )
    return f"Known are {', '.join(releases())}"


def is_newer(version: str) -> bool:
    """Whether a release is newer than every one that has a catalogue."""
    return release_key(version) > release_key(newest())


@functools.cache
def load(version: str) -> Catalogue:
    """Read the catalogue of a release; raises UnknownReleaseError where there is none."""
    if version in shipped():
        return _read(FOLDER / f"{version}.json", version)
    path = own_folder() / f"{version}.json"
    try:
        return _read(path, version)
    except FileNotFoundError as error:
        msg = f"there is no catalogue of SGLang {version}"
        raise UnknownReleaseError(msg) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        msg = f"{path} is no catalogue that this version of deployer reads: {error}"
        hint = f"`deployer catalogue add {version}` writes it again"
        raise Failure(msg, hint=hint) from error


def _read(path: Path, version: str) -> Catalogue:
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["format_version"] != FORMAT_VERSION:
        msg = f"{path.name} has format {document['format_version']}, not {FORMAT_VERSION}"
        raise ValueError(msg)
    options = tuple(_option(entry) for entry in document["options"])
    about = {key: document.get(key) for key in ("wheel", "date", "requires", "variable_aliases")}
    return Catalogue(version, options, document["variables"], about)


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
        default_from=entry.get("default_from", ""),
        stores=entry.get("stores"),
        choice_aliases=entry.get("choice_aliases", {}),
    )
