"""What reaches a person or a pipe: the result on stdout, the talk on stderr, and nothing beside.

Every verb speaks through here. Values that others wrote are escaped where they are put into a
sentence (:mod:`deployer.visible`); what slips through that is escaped here, so that no text can
move a cursor, write a clipboard, or turn its neighbors around. Colors stay where there is a
terminal.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from typing import TextIO

import click

from deployer.errors import Failure
from deployer.late import compile_pattern
from deployer.visible import visible

COLOR = compile_pattern(
    r"\x1b\[(?:(?:[0-4]|2[2-4]|3[0-79]|9[0-7]|38;5;\d{1,3})(?:;(?=\d)|(?=m)))*m"
)
"""What changes the looks of letters and hides none: bold, dim, italic, underlined, a foreground.
Source of the numbers: ECMA-48, 5th edition, 8.3.117 (SGR)."""


class OutputFailure(Failure):
    """What was found out could not be written to stdout."""


def show(*lines: str, end: str = "\n") -> None:
    """Write lines of a result to stdout, or with ``end=""`` a text with line ends of its own.

    A line end within a line is shown as such. Raises OutputFailure where it does not get there.
    Whoever reads a pipe may have enough: that is a BrokenPipeError.
    """
    show_exactly(_whole(lines, end), end=end)


def show_exactly(text: str, *, end: str = "\n") -> None:
    """Write a result in a form that has escapes of its own, such as Markdown."""
    stream = sys.stdout
    if stream is None:
        message = "stdout is closed, so the result went nowhere"
        raise OutputFailure(message)
    try:
        click.echo(_carried(text, stream) + end, nl=False)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise unwritten(error) from error


def show_as(form: str, text: str) -> None:
    """Write a result in the form that was asked for; the text has line ends of its own.

    Words and tables (``text``) are no wider than the terminal; Markdown has escapes of its own. Of
    what is copied or read again, such as YAML and commands, :func:`show` changes no line.
    """
    if form == "text" and (width := columns()) is not None:
        from deployer.report.narrow import narrowed  # noqa: PLC0415 - only for a terminal

        text = narrowed(text, width)
    show_exactly(text if form == "markdown" else harmless(text), end="")


def show_lines(*lines: str) -> None:
    """Write words and tables line by line; a line end within a line is shown as such."""
    show_as("text", "".join(f"{_harmless_line(line)}\n" for line in lines))


def columns() -> int | None:
    """Give how wide a result may be: as COLUMNS says or the terminal is; None where neither is."""
    import shutil  # noqa: PLC0415 - slow to import, and seldom needed

    terminal = sys.stdout is not None and sys.stdout.isatty()
    found = shutil.get_terminal_size((0, 0)).columns
    return found if found > 0 and (terminal or os.environ.get("COLUMNS")) else None


def unwritten(error: Exception) -> OutputFailure:
    """Say that stdout takes no more."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    message = f"the result could not be written to stdout: {why}"
    full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return OutputFailure(message, hint="Free some space there, and try again" if full else "")


def tell(*lines: str, end: str = "\n") -> None:
    """Write talk to stderr, as :func:`show` does; raises nothing.

    Where nobody can hear it the work goes on: the exit code still counts.
    """
    stream = sys.stderr
    if stream is None:
        return
    try:
        click.echo(_carried(_whole(lines, end), stream) + end, nl=False, err=True)
    except (OSError, ValueError):
        silence(stream)


def can_ask() -> bool:
    """Whether somebody is at a terminal to answer; a closed stdin is nobody."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask_word(question: str, default: str) -> str:
    """Ask a person for a word, on stderr; ``default`` is what an empty answer means, if any."""
    return str(click.prompt(harmless(question), default=default or None, err=True)).strip()


def ask(question: str) -> bool:
    """Ask a person something that is answered by yes or no, on stderr."""
    return click.confirm(harmless(question), err=True)


def harmless(text: str) -> str:
    """Escape whatever is neither seen, nor a line end or a tab, nor a color of letters."""
    if text.isascii() and text.isprintable():
        return text
    return "\n".join(map(_harmless_line, text.split("\n")))


def silence(stream: TextIO | None) -> None:
    """Let what a stream still holds go nowhere, so that the interpreter can end in peace.

    Source: Python's documentation of :mod:`signal`, "Note on SIGPIPE".
    """
    own = sys.__stdout__ if stream is sys.stdout else sys.__stderr__
    if stream is None or stream is not own:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):
        os.dup2(nowhere, own.fileno())
    os.close(nowhere)


def _whole(lines: Sequence[str], end: str) -> str:
    return "\n".join(map(_harmless_line, lines)) if end else "".join(map(harmless, lines))


def _harmless_line(line: str) -> str:
    kept, at = [], 0
    for color in COLOR.finditer(line):
        kept += [_tabbed(line[at : color.start()]), color[0]]
        at = color.end()
    kept.append(_tabbed(line[at:]))
    return "".join(kept)


def _tabbed(part: str) -> str:
    return "\t".join(map(visible, part.split("\t")))


def _carried(text: str, stream: TextIO) -> str:
    """Write what a stream's encoding does not have as escapes."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
