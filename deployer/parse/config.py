"""Merge a `--config` file into an argument list, as the engine does before it parses.

The file's words go first, so that what stands on the command line wins. Only `--config FILE` in two
words is a config file: `--config=FILE` is an option that nobody reads. Source: SGLang
``srt/server_args_config_parser.py``, from 0.5.20 in ``srt/utils/``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

import yaml

from deployer.facts.sglang.catalogue import Catalogue, Option
from deployer.facts.sglang.versions import release_key

FLAG = "--config"
PLAIN = {"store", "store_true"}
"""Actions that a file can give; the engine refuses the others by name."""

SPELLINGS_SINCE = "0.5.23"
"""The first release that knows a key by every spelling of its option, and takes every option with
one value; before, it looked at the destination alone."""

JSON_SINCE = "0.5.14"
"""The first release that writes a mapping as JSON; before, it wrote Python's own form."""


class ConfigError(ValueError):
    """The engine would end over the file; the message says why."""


def config_path(words: Sequence[str]) -> str | None:
    """Give the file that a list names, or None; raises ConfigError for none or several."""
    places = [index for index, word in enumerate(words) if word == FLAG]
    if not places:
        return None
    if len(places) > 1:
        msg = "several config files are given, and the engine takes one"
        raise ConfigError(msg)
    if places[0] == len(words) - 1:
        msg = f"no file is named after {FLAG}"
        raise ConfigError(msg)
    return words[places[0] + 1]


def merge(
    catalogue: Catalogue, words: Sequence[str], read: Callable[[str], str]
) -> tuple[str, ...]:
    """Put a config file's words before the others; ``read`` gives the text of a path."""
    path = config_path(words)
    if path is None:
        return tuple(words)
    if PurePosixPath(path).suffix.lower() not in {".yaml", ".yml"}:
        msg = f"{path} is no .yaml or .yml file, and the engine takes no other"
        raise ConfigError(msg)
    place = list(words).index(FLAG)
    own = config_words(catalogue, read(path))
    return (*own, *words[:place], *words[place + 2 :])


def config_words(catalogue: Catalogue, text: str) -> tuple[str, ...]:
    """Turn a config file's text into words; raises ConfigError as the engine would end."""
    try:
        value = _loaded(text)
    except (yaml.YAMLError, ValueError, AttributeError, RecursionError) as error:  # a false !!tag
        first = str(error).partition("\n")[0]
        msg = f"the config file is no YAML: {first}"
        raise ConfigError(msg) from error
    if value is None:
        return ()
    if not isinstance(value, dict):
        msg = "a config file is made of keys and values"
        raise ConfigError(msg)
    return tuple(word for key, item in value.items() for word in _words(catalogue, str(key), item))


@lru_cache(maxsize=1)
def _loaded(text: str) -> object:
    """Read a file once for all releases that it is tried with."""
    return yaml.safe_load(text)


def _words(catalogue: Catalogue, key: str, value: object) -> Iterator[str]:
    options = _options(catalogue, key.replace("-", "_"))
    if refused := _refused(catalogue, options):
        msg = f"the engine refuses `{key}` in a config file ({refused.action})"
        raise ConfigError(msg)
    if isinstance(value, bool):
        if all(option.action != "store_true" for option in options):
            yield from (f"--{key}", str(value).lower())
        elif value:
            yield f"--{key}"
    elif isinstance(value, list):
        if value:
            yield f"--{key}"
            yield from (str(item) for item in value)
    elif isinstance(value, dict) and release_key(catalogue.version) >= release_key(JSON_SINCE):
        yield from (f"--{key}", json.dumps(value))
    else:
        yield from (f"--{key}", str(value))


def _options(catalogue: Catalogue, key: str) -> list[Option]:
    """Give the options that a key, written with underscores, belongs to."""
    by_spelling = release_key(catalogue.version) >= release_key(SPELLINGS_SINCE)
    return [
        option
        for option in catalogue
        if (key in _keys(option) if by_spelling else option.dest == key)
    ]


def _keys(option: Option) -> set[str]:
    return {option.dest, *(s.removeprefix("--").replace("-", "_") for s in option.strings)}


def _refused(catalogue: Catalogue, options: list[Option]) -> Option | None:
    """Give the option for which the engine refuses a key.

    Where several share a destination, one that cannot be given spoilt the others before 0.5.23.
    """
    newer = release_key(catalogue.version) >= release_key(SPELLINGS_SINCE)
    bad = [
        option
        for option in options
        if option.action not in PLAIN
        and option.name != FLAG
        and not (newer and option.nargs is None)
    ]
    return bad[0] if bad and not (newer and len(bad) < len(options)) else None
