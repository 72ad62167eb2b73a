"""YAML nodes as plain values, each with its place, and everything that strict YAML refuses.

The values are composed from PyYAML's events: PyYAML's own composer and constructor keep the last
of two equal keys without a word, read ``on`` as true, stop at the first problem, and recurse as
deep as the text says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from deployer.finding import Finding, Severity, Span
from deployer.late import compile_pattern
from deployer.profile import yaml_scalars
from deployer.profile.source import START, Path, Place, format_path
from deployer.profile.wording import code, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: The deepest value of a profile stands at level 4.
MAX_DEPTH = 16

_MERGE = "<<"

_SURROGATE = compile_pattern("[\ud800-\udfff]")


class TooDeepError(Exception):
    """Ends the reading of a text that is nested deeper than any profile; carries where."""

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span


class Composer:
    """Composes nodes from events, collecting every problem on the way.

    ``places`` and ``doubtful`` are those of :class:`~deployer.profile.source.Source`.
    """

    def __init__(self, following: Callable[[], Event], lines: Sequence[str]) -> None:
        self.findings: list[Finding] = []
        self.places: dict[Path, Place] = {}
        self.doubtful: set[Path] = set()
        self._next = following
        self._lines = lines

    def value(self, event: Event, path: Path, key: Span | None) -> object:
        """Compose the node that begins with this event and note its place."""
        if len(path) > MAX_DEPTH:
            raise TooDeepError(event_span(event))
        if isinstance(event, NodeEvent):
            self._refuse_node_properties(event, path)
        value: object = None
        span = event_span(event)
        if isinstance(event, ScalarEvent):
            span = self._scalar_span(event)
            value = self._scalar(event, path, span)
        elif isinstance(event, SequenceStartEvent):
            value, span = self._sequence(event, path)
        elif isinstance(event, MappingStartEvent):
            value, span = self._mapping(event, path)
        self.places.setdefault(path, Place(key=key, value=span))
        return value

    def _refuse_node_properties(self, event: NodeEvent, path: Path) -> None:
        if event.anchor is not None:
            name = f"{'*' if isinstance(event, AliasEvent) else '&'}{event.anchor}"
            message = f"{code(name)} is an anchor or alias; they are not read"
            hint = f"write the value out; put {quoted(name)} in quotes if text is meant"
            self._doubt("yaml-anchor", path, message, hint, event_span(event))
        if (tag := getattr(event, "tag", None)) is not None:
            name = str(tag).replace("tag:yaml.org,2002:", "!!")
            message = f"the tag {code(name)} is not read: a value's kind follows from how it looks"
            hint = "leave the tag out, or put the whole value in quotes if text is meant"
            self._doubt("yaml-tag", path, message, hint, event_span(event))

    def _scalar(self, event: ScalarEvent, path: Path, span: Span) -> object:
        text = event.value
        if _SURROGATE.search(text):
            message = "an escape stands for half a character (U+D800 to U+DFFF)"
            self._doubt("yaml-syntax", path, message, "write the character itself", span)
            return _SURROGATE.sub("\ufffd", text)
        if event.style:
            return text
        if not text:
            message = f"{code(format_path(path))} has no value"
            hint = "write a value, or `null` if none is meant, or delete the line"
            self._doubt("empty-value", path, message, hint, span)
            return None
        if span.line != span.end_line:
            message = "a plain text goes on over more than one line"
            hint = "check the indentation; put a long text in quotes, or after `>-`"
            self._doubt("multi-line-text", path, message, hint, span)
            return text
        value = yaml_scalars.resolve(text)
        if isinstance(value, yaml_scalars.Misread):
            self._doubt(value.check, path, value.message, value.hint, span)
            return text
        return value

    def _sequence(self, start: SequenceStartEvent, path: Path) -> tuple[list[object], Span]:
        items: list[object] = []
        span = event_span(start)
        while not isinstance(event := self._next(), SequenceEndEvent):
            position = (*path, len(items))
            items.append(self.value(event, position, None))
            span = _until(span, self.places[position].value)
        return items, _until(span, event_span(event)) if start.flow_style else span

    def _mapping(self, start: MappingStartEvent, path: Path) -> tuple[dict[str, object], Span]:
        items: dict[str, object] = {}
        span = event_span(start)
        while not isinstance(event := self._next(), MappingEndEvent):
            span = _until(span, self._entry(event, path, items))
        return items, _until(span, event_span(event)) if start.flow_style else span

    def _entry(self, event: Event, path: Path, items: dict[str, object]) -> Span:
        """Read one key and its value into ``items``; return the place of the value."""
        name, span = self._key(event, path)
        here = (*path, name)
        value_event = self._next()
        after = len(self.findings)
        first = self.places.pop(here, None) if name in items else None
        if first is not None:
            self._duplicate(name, here, first, span)
        value = self.value(value_event, here, span)
        place = self.places[here]
        if name == _MERGE:
            # The aliases behind a merge key are part of the same mistake.
            del self.findings[after:]
        if first is not None:
            self.places[here] = first
        items.setdefault(name, value)
        return place.value

    def _duplicate(self, name: str, path: Path, first: Place, span: Span) -> None:
        line = first.key.line if first.key is not None else first.value.line
        where = f" of {code(format_path(path[:-1]))}" if path[:-1] else ""
        message = f"the key {code(name)}{where} is already on line {line}"
        self._doubt("duplicate-key", path, message, "keep one of the two", span)

    def _key(self, event: Event, path: Path) -> tuple[str, Span]:
        """Read a key; one that is no text is reported and goes by how it is written."""
        if not isinstance(event, ScalarEvent):
            span = event_span(event)
            self._skip(event)
            here = (*path, "")
            self._doubt("non-string-key", here, "a key must be a text", "write a plain key", span)
            return "", span
        here = (*path, event.value)
        span = self._scalar_span(event)
        self._refuse_node_properties(event, here)
        if event.style:
            if _SURROGATE.search(event.value):
                self._scalar(event, here, span)
            return _SURROGATE.sub("\ufffd", event.value), span
        value = yaml_scalars.resolve(event.value) if event.value else None
        if isinstance(value, yaml_scalars.Misread):
            if event.value == _MERGE:
                self._doubt(value.check, here, value.message, value.hint, span)
            else:
                hint = f"write {quoted(event.value)}"
                self._doubt(value.check, here, f"the key {value.message}", hint, span)
        elif not isinstance(value, str):
            message = f"the key {code(event.value)} is not a text to YAML"
            hint = f"write {quoted(event.value)}" if event.value else "write a key"
            self._doubt("non-string-key", here, message, hint, span)
        return event.value, span

    def _skip(self, event: Event) -> None:
        """Read past a node that cannot be used."""
        depth = 0
        while True:
            depth += isinstance(event, (SequenceStartEvent, MappingStartEvent))
            depth -= isinstance(event, (SequenceEndEvent, MappingEndEvent))
            if not depth:
                return
            if depth > MAX_DEPTH:  # the parser's time grows with the square of the depth
                raise TooDeepError(event_span(event))
            event = self._next()

    def _scalar_span(self, event: ScalarEvent) -> Span:
        span = event_span(event)
        if event.style not in {"|", ">"}:
            return span
        # A block scalar ends, to PyYAML, where the next token begins.
        last = span.end_line if span.end_column > 1 else span.end_line - 1
        while last > span.line and not self._lines[last - 1].strip():
            last -= 1
        return Span(span.line, span.column, last, len(self._lines[last - 1]) + 1)

    def _doubt(self, check: str, path: Path, message: str, hint: str, span: Span) -> None:
        self.doubtful.add(path)
        self.add(check, path, message, hint, span)

    def add(self, check: str, path: Path, message: str, hint: str, span: Span) -> None:
        """Add one error to ``findings``."""
        self.findings.append(
            Finding(
                check=check,
                severity=Severity.ERROR,
                path=format_path(path),
                message=message,
                hint=hint,
                span=span,
            )
        )


def event_span(event: Event) -> Span:
    """Return where PyYAML says that an event stands."""
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:
        return START
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _until(span: Span, last: Span) -> Span:
    return Span(span.line, span.column, last.end_line, last.end_column)
