"""A text for a terminal that is narrower than what was laid out."""

from __future__ import annotations

import textwrap

from deployer.late import compile_pattern

HEAD = compile_pattern(r" *(?:[-*] )?(?:\S.{0,24}? {2,})?")
"""What stands left of a line's value: spaces, a mark, a name with two spaces behind it."""


def narrowed(text: str, width: int | None) -> str:
    """Break lines that are wider than ``width`` columns at spaces, below where their value began.

    None leaves them. A word that is longer than a line stays whole, so that it can be copied.
    """
    if width is None:
        return text
    return "\n".join(part for line in text.split("\n") for part in _broken(line, width))


def _broken(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    head = HEAD.match(line)
    indent = " " * (len(line) - len(line.lstrip()))
    start = head[0] if head and len(head[0]) <= width * 2 // 3 else indent
    rest = line[len(start) :]
    return textwrap.wrap(
        rest,
        width,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )
