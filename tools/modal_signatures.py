"""``python -m tools.modal_signatures``: what the installed client of Modal takes, by keyword.

``--write`` puts it into ``deployer/facts/modal/signatures.json`` beside what other releases take.
Run it with the oldest and the newest client of the range that ``pyproject.toml`` allows; a test
holds the file against both. Nothing is asked of anybody, and nothing but signatures is kept.
"""

from __future__ import annotations

import argparse
import collections.abc
import inspect
import json
import sys
import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import modal

FILE = Path("deployer/facts/modal/signatures.json")

SIMPLE = {bool: "bool", int: "int", float: "float", str: "str", type(None): "null"}
"""What YAML can say; everything else is an object of the client's."""


def signatures() -> dict[str, dict[str, str]]:
    """Give the keywords of each thing that a deployment is made with, and what each may be."""
    return {name: dict(_keywords(made)) for name, made in _surface()}


def _surface() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in ("function", "cls", "server", "deploy"):
        yield f"App.{name}", getattr(modal.App, name)
    yield "App", modal.App
    yield "concurrent", modal.concurrent
    yield "web_server", modal.web_server
    yield "CloudBucketMount", modal.CloudBucketMount
    yield "Secret.from_name", modal.Secret.from_name
    yield "Proxy.from_name", modal.Proxy.from_name
    for kind in (modal.Image, modal.Volume):
        for name in sorted(vars(kind)):
            found = getattr(kind, name)
            if not name.startswith("_") and callable(found) and not isinstance(found, type):
                yield f"{kind.__name__}.{name}", found


def _keywords(made: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    """Name the parameters, but for the object itself and for what is only passed on."""
    for name, parameter in inspect.signature(made).parameters.items():
        passed_on = parameter.kind is parameter.VAR_KEYWORD
        if name not in {"self", "cls"} and not passed_on:
            yield name, " | ".join(sorted(set(_kinds(parameter.annotation))))


def _kinds(annotation: object) -> Iterator[str]:
    """Say what a parameter may be, as far as YAML can say it; ``object`` for the rest."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is None or (isinstance(annotation, type) and annotation in SIMPLE):
        yield "null" if annotation is None else SIMPLE[annotation]
    elif origin in {typing.Union, types.UnionType}:
        for each in inner:
            yield from _kinds(each)
    elif origin in {list, collections.abc.Sequence, collections.abc.Iterable}:
        yield f"list[{' | '.join(sorted(_kinds(inner[0])))}]"
    elif origin is dict:
        yield f"dict[{', '.join(' | '.join(sorted(set(_kinds(each)))) for each in inner)}]"
    elif origin is tuple:
        yield f"tuple[{', '.join(' | '.join(_kinds(each)) for each in inner)}]"
    elif annotation is typing.Any:
        yield "any"
    else:
        yield "object"


def main(words: list[str]) -> int:
    """Show, or with ``--write`` keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    found = signatures()
    if not parser.parse_args(words).write:
        sys.stdout.write(json.dumps(found))
        return 0
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    kept[modal.__version__] = found
    FILE.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
