"""What kind of file a launch stands in: told by what is written in it, and its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

import yaml

from deployer.late import compile_pattern

DOCKERFILE = compile_pattern(r"(?i)(?:.*\.)?(?:dockerfile|containerfile)(?:\..*)?")
FROM = compile_pattern(r"(?:\s*(?:#[^\n]*)?\n|\s*ARG [^\n]*\n)*\s*FROM\s+\S+", re.IGNORECASE)
TEMPLATE = compile_pattern(r"\{\{-?\s*(?:\.Values|include|if|range|with|end|\.)")


PLACE = compile_pattern(r"\{\{\s*(\w+)\s*\}\}")
PLACEHOLDER = compile_pattern("\u27e6(\\w+)\u27e7")
"""How `{{NAME}}` stands in what is read: YAML takes that for a mapping."""


MOST_VALUES = 20_000
"""Values of a file, each alias counted as what it stands for. A manifest has some hundreds, and
a few lines of aliases of aliases would fill the memory."""

SECTIONS = ("model", "hardware", "engine", "modal")
"""Sections of which every profile has several."""

ENGINES_OWN = frozenset({"model-path", "model_path"})
"""Keys of which a config file of SGLang has one."""


class FileKind(StrEnum):
    """The kinds of files that a launch is read from."""

    SHELL = "shell script"
    PYTHON = "Python script"
    DOCKERFILE = "Dockerfile"
    COMPOSE = "compose file"
    KUBERNETES = "Kubernetes manifest"
    SKYPILOT = "SkyPilot task"
    DSTACK = "dstack configuration"
    TRUSS = "Truss configuration"
    CONFIG = "config file of SGLang"


class UnreadError(ValueError):
    """A file is of a kind that cannot be read; the message says why."""


class Lined(dict[Any, Any]):
    """A mapping of YAML that knows the line at which it begins."""

    line = 0


class _Loader(yaml.SafeLoader):
    """A safe loader whose mappings know their lines."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Iterator[Lined]:
    made = Lined()
    made.line = node.start_mark.line + 1
    yield made
    loader.flatten_mapping(node)
    made.update(loader.construct_mapping(node))


def _other(loader: _Loader, suffix: str, node: yaml.Node) -> Any:  # noqa: ANN401 - a tag's value
    del suffix
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    return loader.construct_mapping(node) if isinstance(node, yaml.MappingNode) else None


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_multi_constructor("!", _other)


def documents(text: str) -> list[Lined]:
    """Give the mappings of a YAML file; raises UnreadError where it is none."""
    text = PLACE.sub("\u27e6\\1\u27e7", text)
    try:
        found = list(yaml.load_all(text, _Loader))
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        text = getattr(error, "problem", None) or "it cannot be read"
        message = f"it is no YAML{where}: {text}"
        raise UnreadError(message) from error
    if _values(found, {}) > MOST_VALUES:
        message = (
            f"it holds more than {MOST_VALUES:,} values, so it is not a file that starts a server"
        )
        raise UnreadError(message)
    return [one for one in found if isinstance(one, Lined)]


def _values(value: Any, known: dict[int, int]) -> int:  # noqa: ANN401 - any value
    """Count the values in one, each alias as all that it stands for."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = MOST_VALUES + 1  # where it holds itself
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_values(part, known) for part in parts)
    return known[id(value)]


def kind_of(name: str, text: str) -> FileKind:
    """Tell what kind of file it is; raises UnreadError for a template and for broken YAML."""
    plain = PurePosixPath(name).name
    if plain.endswith((".yaml", ".yml")):
        if TEMPLATE.search(text) and not plain.startswith("."):
            try:
                return _of_yaml(documents(text))
            except UnreadError as error:
                message = (
                    "it is a template: render it first (`helm template`), and import what comes out"
                )
                raise UnreadError(message) from error
        return _of_yaml(documents(text))
    if DOCKERFILE.fullmatch(plain) or FROM.match(text):
        return FileKind.DOCKERFILE
    if plain.endswith(".py") or text.startswith(("#!/usr/bin/env python", "#!/usr/bin/python")):
        return FileKind.PYTHON
    if is_shell(plain, text):
        return FileKind.SHELL
    return _by_text(text)


def foreign(name: str, text: str) -> FileKind | None:
    """Tell what a file is that was given for a profile; None where it may be meant as one."""
    try:
        kind = kind_of(name, text)
        own = kind is FileKind.CONFIG and not any(
            isinstance(one.get(key), str) for one in documents(text) for key in ENGINES_OWN
        )
    except UnreadError:
        return None
    guessed = kind is FileKind.SHELL and not is_shell(name, text)
    return None if own or guessed else kind


def is_shell(name: str, text: str) -> bool:
    """Whether a file says by its name or its first line that it is a shell script."""
    return name.endswith((".sh", ".bash", ".slurm", ".sbatch")) or text.startswith("#!")


def _by_text(text: str) -> FileKind:
    """Tell the kind of a file whose name says nothing."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    if tree is not None and any(
        isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body
    ):
        return FileKind.PYTHON
    try:
        found = documents(text)
    except UnreadError:
        return FileKind.SHELL
    return _of_yaml(found) if found else FileKind.SHELL


def _of_yaml(found: list[Lined]) -> FileKind:
    if not found:
        message = "it holds no key, so it starts nothing"
        raise UnreadError(message)
    keys = {key for one in found for key in one}
    first = found[0]
    if sum(isinstance(first.get(section), Mapping) for section in SECTIONS) > 1:
        message = "it is a profile of deployer already: `deployer check` looks at it"
        raise UnreadError(message)
    for sure, kind in (
        (isinstance(first.get("services"), Mapping), FileKind.COMPOSE),
        ("apiVersion" in keys and "kind" in keys, FileKind.KUBERNETES),
        (
            bool(keys & {"docker_server", "model_metadata", "build_commands", "base_image"}),
            FileKind.TRUSS,
        ),
        (first.get("type") in {"service", "task", "dev-environment"}, FileKind.DSTACK),
        (bool(keys & {"run", "setup"}), FileKind.SKYPILOT),
    ):
        if sure:
            return kind
    return FileKind.CONFIG
