"""Where a profile's text holds what looks like a secret: no finding repeats it.

The text is searched and not the values, so that one that cannot be read as YAML keeps its secrets
to itself, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from deployer.finding import Span
from deployer.secret import HIDDEN, forms, masked, names_secret, spans

_KEY = re.compile(r"""(?P<key>[A-Za-z_][\w.-]*)["']?[ \t]*:[ \t]+""")
_ITEMS = re.compile(r"[\[\]{},]|[\w.-]+[\"']?[ \t]*:[ \t]")
_BLOCK = frozenset("|>")
_NAMES = frozenset({"api_key_secret", "hub_secret"})
"""Fields that name a secret of Modal, and hold none."""

_NOTHING = frozenset({"null", "true", "false"})
_SHORTEST = 4
_LONGEST_SHOWN = 59
"""Characters of a value that a message shows (:mod:`deployer.profile.wording`)."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The (1-based) lines that hold a secret, and on each the secrets known by their key."""

    lines: frozenset[int] = frozenset()
    texts: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def told(self, text: str, span: Span) -> str:
        """Give what a finding says about a place as it may be shown."""
        for number in range(span.line, span.end_line + 1):
            for secret in self.texts.get(number, ()):
                text = text.replace(secret, HIDDEN)
        return masked(text)


def secrets_in(lines: Sequence[str]) -> Secrets:
    """Look for secrets in the lines of a profile, by name and by shape."""
    found = set(_by_shape(lines))
    texts = {}
    for number, line in enumerate(lines, 1):
        named = [entry.end() for entry in _KEY.finditer(line) if _is_secret(entry["key"])]
        if named:
            value = line[named[0] :]
            found.update(range(number, _end(lines, number, value) + 1))
            spelt = {form for text in _texts(value) for form in _spelt(text)}
            texts[number] = tuple(sorted(spelt, key=len, reverse=True))
    return Secrets(frozenset(found), texts)


def _is_secret(key: str) -> bool:
    return key not in _NAMES and names_secret(key)


def _by_shape(lines: Sequence[str]) -> Iterator[int]:
    """Give the lines on which something has the shape of a secret."""
    text, at, line = "\n".join(lines), 0, 1
    for start, end in spans(text):
        line += text.count("\n", at, start)
        last = line + text.count("\n", start, end)
        yield from range(line, last + 1)
        at, line = end, last


def _texts(written: str) -> Iterator[str]:
    """Give what a value may be: all of it, up to a comment, or what stands between brackets."""
    for part in (written, written.partition(" #")[0], *_ITEMS.split(written)):
        yield part.strip().strip("\"'")


def _end(lines: Sequence[str], number: int, value: str) -> int:
    """Give the last line of a value: a block goes on while it is indented further."""
    if value[:1] not in _BLOCK:
        return number
    indent = _indent(lines[number - 1])
    while number < len(lines) and (not lines[number].strip() or _indent(lines[number]) > indent):
        number += 1
    return number


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _spelt(value: str) -> set[str]:
    """Give the forms in which a message might repeat a value, cut short, too."""
    if len(value) < _SHORTEST or value.lower() in _NOTHING:
        return set()
    return {*forms(value), *({value[:_LONGEST_SHOWN]} if len(value) > _LONGEST_SHOWN else ())}
