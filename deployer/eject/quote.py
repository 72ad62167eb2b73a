"""Values as each format's own serializer writes them; a template prints nothing else.

Every value that a template puts into a file has gone through one of these: the template's
environment (:mod:`deployer.eject.render`) refuses any other.
"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Sequence
from typing import Any

import yaml

from deployer.late import compile_pattern
from deployer.visible import visible

WIDE = 10_000_000
"""Columns of a line of YAML: no value is broken over lines, so that its place in a file stays."""

PYTHON_WIDTH = 88
"""Columns of a Python value that is laid out over lines."""

_READ_BY_KUBERNETES = compile_pattern(r"\$(?=[$(])")

COMMENT_WIDTH = 100
"""Columns of a comment."""


class Quoted(str):
    """A text that is written for the file that it goes into."""

    __slots__ = ()


def python(value: object) -> Quoted:
    """Write a value as Python reads it, on one line; all of it ASCII."""
    return Quoted(ascii(value))


def laid_out(value: Any, indent: int = 0) -> Quoted:  # noqa: ANN401 - a value of JSON
    """Write a value as Python reads it, over lines where it is long; the first has no indent."""
    line = ascii(value)
    if not isinstance(value, dict | list) or indent + len(line) <= PYTHON_WIDTH:
        return Quoted(line)
    inner = indent + 4
    if isinstance(value, dict):
        parts = [f"{name!a}: {laid_out(one, inner)}" for name, one in value.items()]
    else:
        parts = [laid_out(one, inner) for one in value]
    opens, closes = "{}" if isinstance(value, dict) else "[]"
    lines = "".join(f"{' ' * inner}{part},\n" for part in parts)
    return Quoted(f"{opens}\n{lines}{' ' * indent}{closes}")


def python_list(values: Sequence[object]) -> Quoted:
    """Write values as Python reads arguments, on one line."""
    return Quoted(", ".join(map(python, values)))


def shell_list(words: Sequence[str]) -> Quoted:
    """Write words as a shell reads them."""
    return Quoted(shlex.join(words))


def in_yaml(value: Any) -> Quoted:  # noqa: ANN401 - a scalar of YAML
    """Write a scalar as YAML reads it, on one line."""
    text = yaml.safe_dump(value, width=WIDE)
    text = text.removesuffix("\n").removesuffix("\n...")
    if "\n" in text:
        text = yaml.safe_dump(value, width=WIDE, default_style='"').removesuffix("\n")
    return Quoted(text)


def in_compose(value: str) -> Quoted:
    """Write a text as a compose file reads it, with `$` doubled (compose-spec, interpolation)."""
    return in_yaml(value.replace("$", "$$"))


def in_compose_flow(value: str) -> Quoted:
    """Write a text as one of a compose file's lists in brackets reads it."""
    text = yaml.safe_dump(value.replace("$", "$$"), width=WIDE, default_style='"')
    return Quoted(text.removesuffix("\n"))


def in_kubernetes(value: str) -> Quoted:
    """Write a word of `command`, `args` or `env` as Kubernetes reads it.

    `$(` would begin a variable, and `$$` is one `$` (Kubernetes, ``Container.args`` and
    ``third_party/forked/golang/expansion/expand.go``).
    """
    return in_yaml(_READ_BY_KUBERNETES.sub("$$", value))


def in_shell(value: str) -> Quoted:
    """Write a word as a shell reads it."""
    return Quoted(shlex.quote(value))


def in_comment(value: object) -> Quoted:
    """Write a text as a comment shows it: on one line, with nothing that ends it."""
    return Quoted(visible(str(value)))


def in_list(text: str) -> Quoted:
    """Write a text as an item of a list in comments."""
    return Quoted(
        textwrap.fill(
            in_comment(text), COMMENT_WIDTH, initial_indent="#   - ", subsequent_indent="#     ",
            break_long_words=False, break_on_hyphens=False,
        )
    )  # fmt: skip


def in_block(text: str, indent: int) -> Quoted:
    """Write a text as the lines of a literal block of YAML (`key: |`)."""
    return Quoted(text.rstrip("\n").replace("\n", "\n" + " " * indent))
