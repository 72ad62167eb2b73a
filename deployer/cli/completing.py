"""What a shell offers for a word: profiles, deployments, checks, releases.

A shell asks at every press of a key, so each looks at as little as it can, and an error is nothing
to offer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployer.errors import DeployerError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

YAML = (".yaml", ".yml")

Items = list["CompletionItem"]


def profiles(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Offer YAML files: those beside what is written, and in the folders that it may become."""
    return _items(sorted(_profiles(incomplete))) or _items([incomplete], kind="file")


def deployments(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer what was deployed from here, by name, and profiles."""
    names = [name for name in sorted(_names()) if name.startswith(incomplete)]
    found = [*names, *sorted(_profiles(incomplete))]
    return _items(found) if found else profiles(ctx, param, incomplete)


def checks(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Offer what `explain` explains."""
    from deployer.check.pages import known  # noqa: PLC0415 - only for a shell
    from deployer.diagnose.catalogue import SIGNATURES  # noqa: PLC0415 - as above

    names = set(known()) | {signature.name for signature in SIGNATURES}
    return _items([name for name in sorted(names) if name.startswith(incomplete)])


def releases(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Offer the releases of the engine that are known."""
    from deployer.facts.sglang.catalogue import releases as known  # noqa: PLC0415 - as above

    return _items([version for version in known() if version.startswith(incomplete)])


def _items(values: list[str], kind: str = "plain") -> Items:
    """Leave out what the shells' scripts could not take apart again."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only for a shell

    return [CompletionItem(value, type=kind) for value in values if value.isprintable()]


def _profiles(incomplete: str) -> Iterator[str]:
    head, _, start = incomplete.rpartition("/")
    folder = f"{head}/" if "/" in incomplete else ""
    for entry in _entries(folder or "."):
        if not entry.name.startswith(start) or (entry.name.startswith(".") and not start):
            continue
        if entry.is_dir():
            inside = f"{folder}{entry.name}/"
            yield from (inside + one.name for one in _entries(inside) if _is_profile(one))
        elif _is_profile(entry):
            yield folder + entry.name


def _entries(folder: str) -> list[Path]:
    with contextlib.suppress(OSError):
        return sorted(Path(folder).iterdir())
    return []


def _is_profile(path: Path) -> bool:
    return path.suffix in YAML and not path.name.startswith(".") and path.is_file()


def _names() -> set[str]:
    from deployer.cli.target import places  # noqa: PLC0415 - only for a shell

    found: set[str] = set()
    for place in places():
        with contextlib.suppress(DeployerError, OSError):
            found |= set(place.names())
    return found
