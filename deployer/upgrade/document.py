"""A profile's text with the place of every key and value, as offsets, and the edits of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deployer.finding import Span
from deployer.late import compile_pattern
from deployer.profile import yaml_source
from deployer.profile.comments import comments
from deployer.profile.source import Path, Source
from deployer.profile.yaml_scalars import resolve

_LINE = compile_pattern(r"\r?\n")


@dataclass(frozen=True, slots=True)
class Edit:
    """Put ``text`` in the place of the characters from ``start`` to before ``end``."""

    start: int
    end: int
    text: str


class Document:
    """One YAML text and its reading.

    Everything is counted in characters of ``text``, which keeps its line ends as they are.
    """

    def __init__(self, text: str, source: Source) -> None:
        self.text = text
        self.source = source
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self._starts = [0, *(match.end() for match in _LINE.finditer(text))]

    @classmethod
    def read(cls, text: str, file: str) -> Document:
        """Read a text as :func:`deployer.profile.yaml_source.read` does."""
        return cls(text, yaml_source.read(text, file))

    def offset(self, line: int, column: int) -> int:
        """Give the offset of a 1-based line and column."""
        return self._starts[line - 1] + column - 1

    def range(self, span: Span) -> tuple[int, int]:
        """Give the offsets of a span."""
        return self.offset(span.line, span.column), self.offset(span.end_line, span.end_column)

    def key(self, path: Path) -> tuple[int, int]:
        """Give where a key is written."""
        return self.range(self.source.key_span(path))

    def value(self, path: Path) -> tuple[int, int]:
        """Give where a value is written."""
        return self.range(self.source.value_span(path))

    def written(self, path: Path) -> str:
        """Give a value as it is written."""
        start, end = self.value(path)
        return self.text[start:end]

    def line_start(self, line: int) -> int:
        """Give where a line begins; past the last line, the end of the text."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def is_flow(self, path: Path) -> bool:
        """Whether a mapping or list is written in brackets."""
        start, _ = self.value(path)
        return bool(path) and self.text[start : start + 1] in {"{", "["}

    def keys(self, path: Path) -> list[str]:
        """Give the keys of a mapping, in the order of the file."""
        found = (p[-1] for p in self.source.places if len(p) == len(path) + 1 and p[:-1] == path)
        return [str(key) for key in found]

    def comments(self) -> list[str]:
        """Give every comment of the text, from its ``#`` on, in order."""
        return [comment.text for comment in comments(self.source)]


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Make all edits at once; those at one place in their own order."""
    numbered = sorted(enumerate(edits), key=lambda item: (item[1].start, item[0]), reverse=True)
    for _, edit in numbered:
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def scalar(value: str, like: str = "") -> str:
    """Write a text as a scalar: in the quotes of ``like``, and plain where that is read as text."""
    quote = like[:1] if like[:1] in {"'", '"'} else ""
    if quote and "\\" not in value and quote not in value:
        return f"{quote}{value}{quote}"
    return value if resolve(value) == value and _PLAIN.fullmatch(value) else _quoted(value)


def written(value: object, like: str = "") -> str:
    """Write a scalar as a profile has it; a text in the quotes of ``like``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return scalar(value, like) if isinstance(value, str) else str(value)


_PLAIN = compile_pattern(r"[A-Za-z0-9_./@][A-Za-z0-9_./:@+-]*(?<!:)")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
