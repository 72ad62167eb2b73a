"""PyYAML's scanner and parser errors in an author's words.

PyYAML describes what its state machine expected ("expected <block end>, but found '<scalar>'");
the table below says what an author does to get there. The texts on the left are those of
``yaml/scanner.py`` and ``yaml/parser.py`` in PyYAML 6.0; one that is missing falls back to
PyYAML's own words, still at the right place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.finding import Finding, Severity, Span
from deployer.profile.wording import code

if TYPE_CHECKING:
    from collections.abc import Sequence

    import yaml

_CHECK = "yaml-syntax"
_END = "<stream end>"


@dataclass(frozen=True, slots=True)
class _Rule:
    """``pattern`` is sought in "context: problem"; ``at_opening`` points at where it began."""

    pattern: str
    message: str
    hint: str
    check: str = _CHECK
    at_opening: bool = False


_RULES = (
    _Rule(
        "while scanning a quoted scalar: found unexpected (end of stream|document separator)",
        "the quote that opens here is never closed",
        "close it; inside double quotes write a quote as `\\\"`, inside single quotes as `''`",
        at_opening=True,
    ),
    _Rule(
        "found unknown escape character|expected escape sequence",
        "this is no escape that YAML knows between double quotes",
        "write the backslash twice, or use single quotes, which have no escapes",
    ),
    _Rule(
        "while scanning a block scalar",
        "after `|` or `>` only a digit, `-` or `+` and a comment may follow on the line",
        "begin the text on the next line, indented",
    ),
    _Rule(
        "sequence entries are not allowed here",
        "a list item cannot begin on the same line as its key",
        "put `- …` on the next line, or write the list in brackets: `[a, b]`",
    ),
    _Rule(
        "while scanning an? (anchor|alias)",
        "a plain value cannot begin with `&` or `*`",
        "put the value in quotes",
        check="yaml-anchor",
        at_opening=True,
    ),
    _Rule(
        "(parsing|scanning) a tag|found undefined tag handle",
        "a plain value cannot begin with `!`; tags are not read",
        "put the value in quotes if text is meant, or leave the tag out",
        check="yaml-tag",
        at_opening=True,
    ),
    _Rule(
        "directive|incompatible YAML document",
        "directives (lines that begin with `%`) are not read",
        "delete the line",
        check="yaml-directive",
    ),
    _Rule(
        f"while parsing a flow sequence.*'{_END}'",
        "the `[` that opens here is never closed",
        "close the list with `]`",
        at_opening=True,
    ),
    _Rule(
        f"while parsing a flow mapping.*'{_END}'",
        "the `{` that opens here is never closed",
        "close it with `}`",
        at_opening=True,
    ),
    _Rule(
        "expected ',' or '[]}]'",
        "a comma or the closing bracket is missing before this",
        "separate the items by commas and close every bracket that opens",
    ),
    _Rule(
        f"expected the node content, but found '{_END}'",
        "the file ends where a value is still missing",
        "close every bracket that opens",
    ),
    _Rule(
        "expected the node content",
        "there is no value before this",
        "put the value in quotes if it is meant to begin like this",
    ),
    _Rule(
        "could not find expected ':'",
        "this line is neither `key: value` nor part of a list",
        "write a colon and a space after the key",
        at_opening=True,
    ),
    _Rule(
        "expected <block end>, but found '(<block mapping start>|<block sequence start>)'",
        "the indentation of this line matches no line above",
        "indent it exactly like the keys that it belongs with",
    ),
    _Rule(
        "while parsing a block mapping.*found '-'",
        "a list item stands where a key is expected",
        "indent the list under the key that holds it",
    ),
    _Rule(
        "while parsing a block collection.*found '\\?'",
        "a key stands where the next item of a list is expected",
        "begin the line with `- `, or indent it like the keys that it belongs with",
    ),
    _Rule(
        "found '(:|\\?)'|mapping keys are not allowed here",
        "a key is missing before this",
        "write `key: value`; put a text that begins with `:` or `?` in quotes",
    ),
    _Rule(
        "expected '<document start>'",
        "the document has ended before this",
        "delete the line `...`, or the bracket or quote that ends it too early",
    ),
    _Rule(
        "found '[]}]'",
        "this bracket closes nothing",
        "delete it, or put the whole value in quotes",
    ),
    _Rule(
        "expected <block end>",
        "the value has ended before this",
        "put the whole value in quotes; to have a quote inside, use the other kind around it",
    ),
)


def finding(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> Finding:
    """Say what is wrong where PyYAML gave up."""
    problem = error.problem or ""
    mark = error.problem_mark or error.context_mark
    line = lines[mark.line] if mark is not None and mark.line < len(lines) else ""
    if mark is not None and "\t" in _indent(line):
        column = _indent(line).index("\t") + 1
        return _tab(Span(mark.line + 1, column, mark.line + 1, len(_indent(line)) + 1))
    if match := re.search(r"found character '(.*)' that cannot start", problem, re.DOTALL):
        return _cannot_start(match[1], _span(mark, lines))
    if "mapping values are not allowed" in problem:
        return _second_colon(mark, line, lines)
    searched = f"{error.context or ''}: {problem}"
    for rule in _RULES:
        if re.search(rule.pattern, searched):
            opening = error.context_mark if rule.at_opening else None
            return _error(rule.check, rule.message, rule.hint, _span(opening or mark, lines))
    return _error(_CHECK, f"this is not valid YAML: {problem}", "", _span(mark, lines))


def broken_escape(mark: yaml.Mark | None, lines: Sequence[str]) -> Finding:
    r"""Say that PyYAML failed on a number that it took literally (``"\UFFFFFFFF"``)."""
    message = "this number, in an escape or a directive, is beyond what can be read"
    return _error(_CHECK, message, "use single quotes if no escape is meant", _span(mark, lines))


def _tab(span: Span) -> Finding:
    message = "a tab indents this line; YAML allows only spaces"
    return _error("tab-indentation", message, "replace each tab by two spaces", span)


def _cannot_start(character: str, span: Span) -> Finding:
    if character == r"\t":
        message = "a tab stands where only spaces may separate"
        return _error("tab-indentation", message, "replace it by a space, or delete it", span)
    message = f"a plain value cannot begin with {code(character)}"
    return _error(_CHECK, message, "put the value in quotes", span)


def _second_colon(mark: yaml.Mark | None, line: str, lines: Sequence[str]) -> Finding:
    before = line[: mark.column] if mark is not None else line
    number = mark.line + 1 if mark is not None else 1
    if re.search(r":\s", before):
        message = "a second `: ` on one line: a plain value cannot hold a colon and a space"
        return _error(_CHECK, message, "put the value in quotes", _span(mark, lines))
    above = next((n for n in range(number - 1, 0, -1) if lines[n - 1].strip()), 0)
    if above and (glued := re.match(r" *(?:- )?[\w-]+:([^ \t/])", lines[above - 1])):
        message = "a space is missing after this colon"
        if not glued[1].isprintable():
            message += f": U+{ord(glued[1]):04X} only looks like one"
        span = Span(above, glued.start(1), above, glued.start(1) + 1)
        return _error(_CHECK, message, "write `key: value`", span)
    message = "this key is indented under a line that already has a value"
    hint = "indent it like the keys that it belongs with, or write a colon at the end of that line"
    return _error(_CHECK, message, hint, _span(mark, lines, from_indent=True))


def _span(mark: yaml.Mark | None, lines: Sequence[str], *, from_indent: bool = False) -> Span:
    """One character wide, on a line that exists: PyYAML's end of stream lies past the last."""
    if mark is None:
        return Span(1, 1, 1, 1)
    if mark.line >= len(lines) or (mark.line and not lines[mark.line] and not mark.column):
        number = max((n for n, line in enumerate(lines, 1) if line.strip()), default=1)
        column = len(lines[number - 1].rstrip()) + 1
        return Span(number, column, number, column + 1)
    start = len(_indent(lines[mark.line])) if from_indent else mark.column
    return Span(mark.line + 1, start + 1, mark.line + 1, max(mark.column, start + 1) + 1)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _error(check: str, message: str, hint: str, span: Span) -> Finding:
    return Finding(
        check=check, severity=Severity.ERROR, path="", message=message, hint=hint, span=span
    )
