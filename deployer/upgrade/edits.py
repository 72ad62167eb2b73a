"""Changes of single entries of a profile's text, as edits; None where the layout forbids one."""

from __future__ import annotations

import re
from collections.abc import Collection

from deployer.finding import Span
from deployer.late import compile_pattern
from deployer.profile.source import Path
from deployer.upgrade.document import Document, Edit, scalar, written

Edits = tuple[Edit, ...]

_REST = compile_pattern(r"[ \t]*(#[^\r\n]*)?")
_COLON = compile_pattern(r"[ \t]*:")


def renamed_key(doc: Document, path: Path, name: str) -> Edits:
    """Write another key in the place of one, in the same quotes."""
    start, end = doc.key(path)
    return (Edit(start, end, scalar(name, doc.text[start:end])),)


def changed_value(doc: Document, path: Path, value: object) -> Edits | None:
    """Write another scalar in the place of one, a text in the same quotes; not over lines."""
    span = doc.source.value_span(path)
    start, end = doc.range(span)
    if span.line != span.end_line or doc.text[start : start + 1] in {"{", "[", "|", ">"}:
        return None
    return (Edit(start, end, written(value, doc.text[start:end])),)


def commented_out(doc: Document, path: Path) -> Edits | None:
    """Make a comment of an entry, on its own lines; None in brackets, where there is no line."""
    if (lines := _own_lines(doc, path)) is None:
        return None
    column = doc.source.key_span(path).column
    edits = []
    for number in range(*lines):
        line = doc.source.line(number)
        if line.strip() and not line[: column - 1].isspace() and column > 1:
            return None
        if line.strip():
            at = doc.offset(number, column)
            edits.append(Edit(at, at, "# "))
    return tuple(edits)


def without_comment(doc: Document, span: Span) -> Edits | None:
    """Take a comment out, with its line where it stands alone; None where it says more."""
    start, end = doc.range(span)
    if doc.text[start:end].rstrip() not in doc.comments():
        return None
    before = doc.text[doc.line_start(span.line) : start]
    if before.strip():
        return (Edit(start - len(before) + len(before.rstrip()), end, ""),)
    return (Edit(doc.line_start(span.line), doc.line_start(span.line + 1), ""),)


def taken_out(doc: Document, path: Path) -> tuple[Edits, str] | None:
    """Take an entry of one line out; give the edits, and the comment that stood behind it."""
    if doc.is_flow(path[:-1]):
        cut = _cut_from_brackets(doc, path)
        return None if cut is None else ((cut,), "")
    lines = _own_lines(doc, path)
    if lines is None or lines[1] - lines[0] != 1:
        return None
    _, end = doc.value(path)
    rest = _REST.match(doc.text, end)
    comment = (rest[1] or "").rstrip() if rest else ""
    return (Edit(doc.line_start(lines[0]), doc.line_start(lines[1]), ""),), comment


def above(doc: Document, path: Path) -> tuple[Edits, str]:
    """Take the comments out that stand alone right above an entry; give the edits and their text.

    They are those at the entry's own column; nothing of them where other things stand on its line.
    """
    lines = _own_lines(doc, path)
    column = doc.source.key_span(path).column
    first = number = lines[0] if lines is not None else 0
    while number > 1 and doc.source.line(number - 1)[column - 1 : column] == "#":
        if doc.source.line(number - 1)[: column - 1].strip():
            break
        number -= 1
    if number == first:
        return (), ""
    found = [doc.source.line(each).strip() for each in range(number, first)]
    edit = Edit(doc.line_start(number), doc.line_start(first), "")
    return (edit,), doc.newline.join(found)


def emptied(doc: Document, path: Path, gone: Collection[Path]) -> Edits:
    """Write ``{}`` behind the key of a block mapping of which every entry is gone."""
    entries = {(*path, key) for key in doc.keys(path)}
    if not entries or not entries <= set(gone) or doc.is_flow(path):
        return ()
    _, end = doc.key(path)
    colon = _COLON.match(doc.text, end)
    at = colon.end() if colon else end
    return (Edit(at, at, " {}"),)


def cut_empty(doc: Document, path: Path, made: Collection[Edit]) -> Edits:
    """Take a block mapping's own line out, where it and every line below say nothing any more.

    ``made`` are the edits of the entries: what stays of them, such as a comment, keeps the mapping.
    """
    lines = _own_lines(doc, path)
    if lines is None or "#" in doc.source.line(lines[0]):
        return ()
    cut = {(edit.start, edit.end) for edit in made if not edit.text}
    for number in range(lines[0] + 1, lines[1]):
        start, end = doc.line_start(number), doc.line_start(number + 1)
        whole = any(first <= start and end <= last for first, last in cut)
        if not whole and doc.source.line(number).strip():
            return ()
    return (Edit(doc.line_start(lines[0]), doc.line_start(lines[0] + 1), ""),)


def added_entry(
    doc: Document, path: Path, entry: str, comment: str = "", upper: str = ""
) -> Edits | None:
    """Write an entry behind the last one of a mapping that is there, ``upper`` above it."""
    keys = doc.keys(path)
    if doc.is_flow(path):
        if comment:
            return None
        if keys:
            _, at = doc.value((*path, keys[-1]))
            return (Edit(at, at, f", {entry}"),)
        start, end = doc.value(path)
        return (Edit(start, end, f"{{{entry}}}"),)
    return added_after(doc, (*path, keys[-1]), entry, comment, upper) if keys else None


def added_after(
    doc: Document, path: Path, entry: str, comment: str = "", upper: str = ""
) -> Edits | None:
    """Write an entry on a line of its own behind an entry of a block mapping, or in brackets."""
    if doc.is_flow(path[:-1]):
        _, at = doc.value(path)
        return (Edit(at, at, f", {entry}"),)
    first = (*path[:-1], doc.keys(path[:-1])[0])
    indent = doc.source.line(doc.source.key_span(first).line)[
        : doc.source.key_span(first).column - 1
    ]
    if indent.strip():
        return None
    line = "".join(f"{indent}{each}{doc.newline}" for each in upper.splitlines())
    line += f"{indent}{entry}{f'  {comment}' if comment else ''}"
    return (_line_after(doc, doc.source.value_span(path).end_line, line),)


def added_section(doc: Document, name: str, entries: list[tuple[str, str, str]]) -> Edits | None:
    """Write a new section at the end of the file, before the mark of its end.

    Of each entry there are its text, the comment behind it, and the comments above.
    """
    if doc.text.lstrip().startswith("{"):
        return None
    lines = [f"{name}:"]
    for entry, comment, upper in entries:
        lines += [f"  {each}" for each in upper.splitlines()]
        lines.append(f"  {entry}{f'  {comment}' if comment else ''}")
    block = doc.newline.join(lines)
    last = doc.source.value_span(()).end_line
    marks = range(last + 1, len(doc.source.lines) + 1)
    if any(doc.source.line(number).startswith("...") for number in marks):
        return (_line_after(doc, last, block),)
    at = len(doc.text)
    if not doc.text or doc.text.endswith("\n"):
        return (Edit(at, at, block + doc.newline),)
    return (Edit(at, at, doc.newline + block),)


def _line_after(doc: Document, number: int, line: str) -> Edit:
    at = doc.line_start(number + 1)
    ends = doc.text[:at].endswith("\n")
    return Edit(at, at, line + doc.newline if ends else doc.newline + line)


def _own_lines(doc: Document, path: Path) -> tuple[int, int] | None:
    """Give the lines of an entry, the end exclusive, where nothing else stands on them."""
    if doc.is_flow(path[:-1]):
        return None
    start, _ = doc.key(path)
    first, last = doc.source.key_span(path).line, doc.source.value_span(path).end_line
    _, end = doc.value(path)
    before = doc.text[doc.line_start(first) : start]
    after = doc.text[end : doc.line_start(last + 1)]
    if before.strip() or not _REST.fullmatch(after.rstrip("\r\n")):
        return None
    return first, last + 1


def _cut_from_brackets(doc: Document, path: Path) -> Edit | None:
    """Cut an entry and one comma out of a mapping in brackets; not where a comment is near."""
    start, (_, end) = doc.key(path)[0], doc.value(path)
    behind = re.compile(r"\s*,[ \t]*").match(doc.text, end)
    if behind:
        return None if "#" in behind[0] else Edit(start, behind.end(), "")
    before = re.search(r",\s*\Z", doc.text[:start])
    return Edit(before.start() if before else start, end, "")
