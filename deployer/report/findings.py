"""Findings as text for a terminal and as JSON for programs."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from deployer import codec
from deployer.finding import Finding, Severity, Span
from deployer.report.envelope import envelope
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Raised when a reader of the JSON would have to change.
_TAB = "    "
_WIDEST = 120
_RESET = "\033[0m"
BOLD = "\033[1m"
_BLUE = "\033[1;34m"
COLORS = {
    Severity.ERROR: "\033[1;31m",
    Severity.WARNING: "\033[1;33m",
    Severity.NOTE: "\033[1;36m",
}


def text(findings: Iterable[Finding], *, color: bool) -> str:
    """Write findings in the manner of a compiler, with a last line that counts them.

    Each finding is its place, severity, check and message, the line with carets under what is
    meant, and its hint and link. What its author allows is only counted; nothing found, or
    nothing else, gives an empty text.
    """
    found = tuple(findings)
    blocks = [_block(finding, color=color) for finding in found if not finding.allowed]
    if not blocks:
        return ""
    return "\n\n".join([*blocks, summary(found)]) + "\n"


def summary(findings: Iterable[Finding]) -> str:
    """Count findings on one line: ``2 errors, 1 warning in profiles/x.yaml (1 allowed)``."""
    everything = tuple(findings)
    found = tuple(finding for finding in everything if not finding.allowed)
    allowed = f" ({len(everything) - len(found)} allowed)" if everything != found else ""
    counts = Counter(finding.severity for finding in found)
    told = ", ".join(
        f"{counts[severity]} {severity}{'s' if counts[severity] > 1 else ''}"
        for severity in Severity
        if counts[severity]
    )
    files = sorted({finding.file for finding in found if finding.file})
    if not files:
        return (told or "no findings") + allowed
    return f"{told} in {visible(files[0]) if len(files) == 1 else f'{len(files)} files'}{allowed}"


def to_json(findings: Iterable[Finding], checked: Sequence[str] = ()) -> str:
    """Write findings as JSON: the number of each severity, and every field.

    ``checked`` are the files that were looked at, those with no finding, too.

    What is ``allowed`` has its author's reason there, and a number of its own.

    ``span`` is null where a finding has no place; lines and columns begin at 1 and count
    characters, the end column is exclusive.
    """
    return envelope(document(findings, checked))


def document(findings: Iterable[Finding], checked: Sequence[str] = ()) -> dict[str, object]:
    """Give what :func:`to_json` writes, for a result that says more."""
    found = tuple(findings)
    counts = Counter("allowed" if f.allowed else str(f.severity) for f in found)
    return {
        "checked": list(checked),
        "counts": {each: counts[each] for each in (*map(str, Severity), "allowed")},
        "findings": [codec.encode(finding) for finding in found],
    }


def _block(finding: Finding, *, color: bool) -> str:
    paint = Paint(on=color)
    severity = paint(COLORS[finding.severity], f"{finding.severity}[{finding.check}]")
    message = visible(finding.message)
    where = _where(finding)
    lines = [f"{paint(BOLD, where)}: {severity}: {message}" if where else f"{severity}: {message}"]
    gutter = " " * len(str(finding.span.line if finding.span else 0))
    if finding.span and finding.source_line:
        lines += _excerpt(finding.source_line, finding.span, gutter, finding.severity, paint)
    notes = [*map(visible, finding.hint.split("\n")), visible(finding.link)]
    mark = paint(_BLUE, "=")
    return "\n".join([*lines, *(f"{gutter} {mark} {note}" for note in notes if note)])


def _where(finding: Finding) -> str:
    if finding.file and finding.span:
        return f"{visible(finding.file)}:{finding.span.line}:{finding.span.column}"
    return ": ".join(visible(part) for part in (finding.file, finding.path) if part)


def _excerpt(
    source_line: str, span: Span, gutter: str, severity: Severity, paint: Paint
) -> list[str]:
    """Show the line with carets below; both are cut alike where the line is too wide."""
    end = span.end_column - 1 if span.end_line == span.line else len(source_line)
    start, end = span.column - 1, max(span.column, min(end, len(source_line)))
    before = _visible(source_line[max(0, start - _WIDEST) : start])
    marked = _visible(source_line[start : min(end, start + _WIDEST)])
    after = _visible(source_line[end : end + _WIDEST])
    if _width(before) > _WIDEST // 2:
        before = f"…{_cut(before[::-1], _WIDEST // 2)[::-1]}"
    if _width(marked) > _WIDEST // 2:
        marked, after = f"{_cut(marked, _WIDEST // 2)}…", ""
    if _width(before + marked + after) > _WIDEST:
        after = f"{_cut(after, _WIDEST - _width(before + marked))}…"
    carets = "^" * max(_width(marked), 1)
    bar = paint(_BLUE, "|")
    return [
        f"{gutter} {bar}",
        f"{paint(_BLUE, str(span.line))} {bar} {before}{marked}{after}".rstrip(),
        f"{gutter} {bar} {' ' * _width(before)}{paint(COLORS[severity], carets)}",
    ]


def _visible(part: str) -> str:
    """Replace what would move the carets or control the terminal."""
    return "".join(c if visible(c) == c else "\ufffd" for c in part.replace("\t", _TAB))


def _cut(part: str, width: int) -> str:
    taken: list[str] = []
    for character in part:
        width -= _width(character)
        if width < 0:
            break
        taken.append(character)
    return "".join(taken)


def _width(part: Sequence[str]) -> int:
    """Count terminal cells: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in {"W", "F"})
        for c in part
    )


class Paint:
    """ANSI colours, or none."""

    def __init__(self, *, on: bool) -> None:
        self._on = on

    def __call__(self, code: str, part: str) -> str:
        """Write a part in a colour: ``code`` is the sequence that begins it."""
        return f"{code}{part}{_RESET}" if self._on else part
