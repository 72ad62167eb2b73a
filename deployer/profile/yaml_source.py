"""Strict YAML: a text becomes plain values, each with its place, and findings.

PyYAML's pure Python parser is used on purpose: libyaml's messages say less, its marks differ at
the end of a text, and whether it is there depends on the wheel. It takes about 2 ms per kilobyte
of profile.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import (
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from deployer.finding import Span
from deployer.late import compile_pattern
from deployer.profile import yaml_text
from deployer.profile.secrets import secrets_in
from deployer.profile.source import START, Source
from deployer.profile.yaml_nodes import MAX_DEPTH, Composer, TooDeepError, event_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.finding import Finding

QUICK: type[yaml.CSafeLoader] | None = getattr(yaml, "CSafeLoader", None)
"""libyaml's parser, ten times as fast, where PyYAML was built with it."""

_LAXER = compile_pattern(r"[\t?]|[-+|>0-9]#")
"""What libyaml takes and PyYAML's own scanner does not: tabs, question marks within brackets, a
comment right behind the sign of a block."""

#: What a broken line looks like to the parser, one line before it gives up.
_SYMPTOMS = frozenset({"multi-line-text", "not-a-mapping"})


def read(text: str, file: str) -> Source:
    """Read a profile's text; ``file`` is the name that findings give it.

    Nothing is raised for anything an author can write. ``text`` is the file decoded as UTF-8
    with ``errors="surrogateescape"``, so that undecodable bytes become findings as well.
    """
    lines = yaml_text.split(text)
    if found := yaml_text.findings(text):
        hidden = secrets_in(lines)
        nothing = Source(file=file, lines=lines, value=None, complete=False, secrets=hidden)
        return _with(found, nothing)
    reader, value = _quickly(text, lines) or _slowly(text, lines)
    composer = reader.composer
    source = Source(
        file=file,
        lines=lines,
        value=value if reader.complete else None,
        complete=reader.complete,
        doubtful=frozenset(composer.doubtful),
        places=composer.places,
        secrets=secrets_in(lines),
    )
    return _with(composer.findings, source)


def _quickly(text: str, lines: Sequence[str]) -> tuple[_Reader, object] | None:
    """Read with libyaml what nothing is wrong with; None where something is, or without libyaml.

    It has the same events at the same places, and other words for what is wrong.
    """
    if QUICK is None or _LAXER.search(text):
        return None
    reader = _Reader(QUICK(text), lines)
    try:
        value = reader.sound()
    except (yaml.YAMLError, ValueError, TooDeepError):
        return None
    return None if reader.composer.findings else (reader, value)


def _slowly(text: str, lines: Sequence[str]) -> tuple[_Reader, object]:
    reader = _Reader(yaml.SafeLoader(text), lines)
    return reader, reader.document()


def _with(findings: Sequence[Finding], source: Source) -> Source:
    located = tuple(source.located(finding) for finding in findings)
    return dataclasses.replace(source, findings=located)


class _Reader:
    """Reads the only document of a text."""

    def __init__(self, parser: Any, lines: Sequence[str]) -> None:  # noqa: ANN401 - either one
        self.complete = True
        self._lines = lines
        self._parser = parser
        self.composer = Composer(self._next, lines)

    def document(self) -> object:
        """Return the value; where it cannot be read to its end, ``complete`` is unset."""
        from deployer.profile import yaml_syntax  # noqa: PLC0415 - only for what is wrong

        findings = self.composer.findings
        try:
            return self.sound()
        except yaml.MarkedYAMLError as error:
            self._broken(yaml_syntax.finding(error, self._lines))
        except (ValueError, OverflowError):
            findings.append(yaml_syntax.broken_escape(self._parser.get_mark(), self._lines))
        except TooDeepError as error:
            message = f"values are nested more than {MAX_DEPTH} levels deep"
            hint = "check for brackets that were never closed"
            self.composer.add("nested-too-deep", (), message, hint, error.span)
        self.complete = False
        return None

    def _broken(self, finding: Finding) -> None:
        """Add what ended the reading, in place of what only follows from the same mistake."""
        found = self.composer.findings
        line = finding.span.line if finding.span else 1
        found[:] = [
            f for f in found if not (f.check in _SYMPTOMS and f.span and f.span.end_line >= line)
        ]
        found.append(finding)

    def _next(self) -> Event:
        event: Event = self._parser.get_event()
        return event

    def sound(self) -> object:
        """Return the value; raises what the parser raises."""
        self._next()
        start = self._next()
        if isinstance(start, DocumentStartEvent) and (start.version or start.tags):
            message = "directives (lines that begin with `%`) are not read"
            self.composer.add("yaml-directive", (), message, "delete the line", Span(1, 1, 1, 2))
        first = start if isinstance(start, StreamEndEvent) else self._next()
        if _is_nothing(first):
            return self._empty()
        value = self._top(first)
        self._next()
        if not isinstance(end := self._next(), StreamEndEvent):
            message = "a second document begins here; a profile is one document"
            hint = "delete the `---`, or make a file of its own from what follows"
            self.composer.add("multiple-documents", (), message, hint, event_span(end))
        return value

    def _empty(self) -> object:
        message = "the file is empty"
        hint = "write what is missing below, or start from a profile that is there already"
        self.composer.add("empty-profile", (), message, hint, START)
        return {}

    def _top(self, event: Event) -> object:
        value = self.composer.value(event, (), None)
        if not isinstance(event, MappingStartEvent):
            kind = "a list" if isinstance(event, SequenceStartEvent) else "a single value"
            message = f"a profile is made of keys and values; this is {kind}"
            hint = "write `key: value` lines, with a space after the colon"
            place = self.composer.places[()].value
            self.composer.add("not-a-mapping", (), message, hint, place)
            self.complete = False
        return value


def _is_nothing(event: Event) -> bool:
    plain = isinstance(event, ScalarEvent) and not event.style
    return isinstance(event, StreamEndEvent) or (plain and not getattr(event, "value", ""))
