"""A container as files describe it, and the launch within: one form for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from deployer.adopt.around import NOTHING, Around
from deployer.adopt.containers import Container, with_entrypoint
from deployer.adopt.find import Found, of_container
from deployer.adopt.note import Note
from deployer.adopt.script import Command, Script


@dataclass(slots=True)
class Box:
    """A container: ``entrypoint`` replaces the image's own, ``words`` are given to it."""

    image: str = ""
    entrypoint: tuple[str, ...] | None = None
    words: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    around: Around = NOTHING
    line: int = 1
    notes: tuple[Note, ...] = ()


def launched(box: Box, script: Script) -> Found | None:
    """Give the launch of a container; None where it starts no server."""
    words = (
        (*box.entrypoint, *box.words) if box.entrypoint else with_entrypoint(box.image, box.words)
    )
    if not words:
        return None
    inside = Container(box.image, words, list(box.variables.items()))
    found = of_container(Command(words, box.line, ()), inside, script)
    if found is None:
        return None
    around = joined(box.around, found.around)
    return replace(found, line=box.line, around=around, notes=(*box.notes, *found.notes))


def joined(outer: Around, inner: Around) -> Around:
    """Give what either says; the inner one first."""
    return replace(
        outer,
        gpu=inner.gpu or outer.gpu,
        gpu_shown=inner.gpu_shown or outer.gpu_shown,
        count=inner.count or outer.count,
        nodes=max(inner.nodes, outer.nodes),
        copies=inner.copies or outer.copies,
        repos=(*inner.repos, *outer.repos),
    )


def texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - what YAML holds
    """Give a list of YAML as words."""
    if isinstance(value, list):
        return tuple(text(one) for one in value if one is not None)
    return () if value is None else (text(value),)


def text(value: Any) -> str:  # noqa: ANN401 - what YAML holds
    """Give a scalar as the programs see it that read the file."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def variables(value: Any) -> dict[str, str | None]:  # noqa: ANN401 - what YAML holds
    """Give variables that stand as a mapping or as `NAME=value`; None for a name alone."""
    if isinstance(value, Mapping):
        return {str(name): None if one is None else text(one) for name, one in value.items()}
    pairs = [text(one).partition("=") for one in value or () if not isinstance(one, Mapping)]
    return {name: one if sign else None for name, sign, one in pairs}


def settled(
    given: Mapping[str, str | None], known: Mapping[str, str], script: Script, line: int, where: str
) -> dict[str, str]:
    """Give variables with their values, and marks for those that come from elsewhere."""
    made: dict[str, str] = {}
    for name, value in given.items():
        found = value if value is not None else known.get(name)
        made[name] = (
            script.unknowns.mark(f"`{name}` comes from {where}", line) if found is None else found
        )
    return made
