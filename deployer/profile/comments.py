"""The comments of a profile's text, which a reader of YAML throws away.

A ``#`` begins one at the start of a line or after a blank, outside of keys and values. A text that
could not be read to its end has no places, so that a ``#`` in its values cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deployer.finding import Span
from deployer.late import compile_pattern
from deployer.profile.source import Source

_HASH = compile_pattern(r"(?:^|(?<=[ \t]))#")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment from its ``#`` to the end of its line, and its 1-based place.

    ``alone`` says that nothing else stands on the line.
    """

    text: str
    line: int
    column: int
    alone: bool


def comments(source: Source) -> tuple[Comment, ...]:
    """Give every comment, in order."""
    taken = sorted((_start(span), _end(span)) for span in _written(source))
    found = []
    for number, line in enumerate(source.lines, 1):
        for match in _HASH.finditer(line):
            place = (number, match.start() + 1)
            if not any(start <= place < end for start, end in taken):
                text, alone = line[match.start() :].rstrip(), not line[: match.start()].strip()
                found.append(Comment(text, *place, alone=alone))
                break
    return tuple(found)


def _written(source: Source) -> Iterator[Span]:
    """Give where keys and values are written; what holds others may hold comments, too."""
    parents = {path[:-1] for path in source.places if path}
    for path, place in source.places.items():
        if place.key is not None:
            yield place.key
        if path not in parents:
            yield place.value


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column
