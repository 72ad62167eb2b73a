"""A profile's text after reading: its plain value and the place of every key and value."""

from __future__ import annotations

import dataclasses
import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from deployer.finding import Finding, Span, short_line
from deployer.profile.secrets import Secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Keys and list positions from the top of the profile: ``("modal", "volumes", 0, "mount")``.
Path: TypeAlias = tuple[str | int, ...]

START = Span(1, 1, 1, 1)
_LAST_STEP = re.compile(r"(\.[^.\[\]]*|\[\d+\])$")


@dataclass(frozen=True, slots=True)
class Elsewhere(Span):
    """A place in another file than the profile's own: one that it extends."""

    file: str = ""

    @classmethod
    def of(cls, span: Span, file: str) -> Elsewhere:
        """Give a place of that file."""
        return cls(span.line, span.column, span.end_line, span.end_column, file)

    def plain(self) -> Span:
        """Give the place without its file."""
        return Span(self.line, self.column, self.end_line, self.end_column)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, and its key where it has one (a list item has none)."""

    key: Span | None
    value: Span


@dataclass(frozen=True)
class Source:
    """What one YAML text says and where it says it.

    ``value`` is made of dicts, lists, strings, numbers, booleans and None; it is None where the
    text could not be read to its end (``complete`` is then false). ``findings`` holds everything
    wrong with the text as YAML, and ``doubtful`` the paths whose values are only stand-ins
    because a finding says that they cannot be trusted. ``secrets`` are in no finding. ``parts``
    are the readings of each file by itself where there are several, the profile's own first
    (:mod:`deployer.profile.layers`).
    """

    file: str
    lines: tuple[str, ...]
    value: object
    findings: tuple[Finding, ...] = ()
    complete: bool = True
    doubtful: frozenset[Path] = frozenset()
    places: Mapping[Path, Place] = field(default_factory=dict, repr=False)
    secrets: Secrets = field(default=Secrets(), repr=False)
    parts: tuple[Source, ...] = field(default=(), repr=False)

    @property
    def files(self) -> tuple[Source, ...]:
        """Give the reading of each file by itself, the profile's own first."""
        return self.parts or (self,)

    def part(self, span: Span) -> Source:
        """Give the reading of the file that a place is in."""
        file = span.file if isinstance(span, Elsewhere) else self.file
        return next((part for part in self.parts if part.file == file), self)

    def where(self, path: Path) -> tuple[str, int]:
        """Give the file and the line that a value is written at."""
        span = self.span(path)
        return self.part(span).file, span.line

    def written(self, path: Path) -> bool:
        """Whether the profile itself says this, or leaves it to a default."""
        return path in self.places

    def key_span(self, path: Path) -> Span:
        """Where the key is written; a list item's own place, having no key.

        A path that is not written is placed at the key of what would hold it, and in the end at
        the start of the file.
        """
        while path:
            if (place := self.places.get(path)) is not None:
                return place.key or place.value
            path = path[:-1]
        return START

    def value_span(self, path: Path) -> Span:
        """Where the value is written; as :meth:`key_span` for a path that is not written."""
        place = self.places.get(path)
        return place.value if place is not None else self.key_span(path)

    def span(self, path: Path) -> Span:
        """Where to point for a value: at it, or at its key where it stands on the lines below."""
        key, value = self.key_span(path), self.value_span(path)
        return value if path in self.places and value.line == key.line else key

    def text_at(self, span: Span) -> str:
        """Return what is written there, the lines joined by newlines."""
        if isinstance(span, Elsewhere):
            return self.part(span).text_at(span.plain())
        if span.line == span.end_line:
            return self.line(span.line)[span.column - 1 : span.end_column - 1]
        first = self.line(span.line)[span.column - 1 :]
        last = self.line(span.end_line)[: span.end_column - 1]
        return "\n".join((first, *self.lines[span.line : span.end_line - 1], last))

    def line(self, number: int) -> str:
        """Return the line of that (1-based) number, or nothing past the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def located(self, finding: Finding, span: Span | None = None) -> Finding:
        """Put a finding into this file, at ``span`` or where its ``path`` is written.

        A path that is not written is placed at what would hold it, so that a finding about a
        default points at the section. What concerns the file as a whole shows no line of it.
        No secret is repeated: neither its line, nor in what is said.
        """
        span = span or finding.span or self._find(finding.path)
        if isinstance(span, Elsewhere):
            return self.part(span).located(finding, span.plain())
        shown = span != START and span.line not in self.secrets.lines
        return dataclasses.replace(
            finding,
            file=self.file,
            span=span,
            source_line=short_line(self.line(span.line)) if shown else "",
            path=self.secrets.told(finding.path, span),
            message=self.secrets.told(finding.message, span),
            hint=self.secrets.told(finding.hint, span),
        )

    @functools.cached_property
    def _by_name(self) -> Mapping[str, Path]:
        return {format_path(path): path for path in self.places}

    def _find(self, dotted: str) -> Span:
        by_name = self._by_name
        exact = dotted in by_name
        while dotted and dotted not in by_name:
            shorter = _LAST_STEP.sub("", dotted)
            dotted = shorter if shorter != dotted else ""
        path = by_name.get(dotted, ())
        return self.span(path) if exact else self.key_span(path)


def format_path(path: Path) -> str:
    """Write a path as findings name it: ``modal.volumes[0].mount``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")
