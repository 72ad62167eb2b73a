"""What becomes of each way in which a verb can end: its words, in text and JSON, and its code."""

from __future__ import annotations

import errno
import os
import platform
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from deployer.cli.hiding import hiding
from deployer.cli.say import OutputFailure, show_exactly, silence, tell, unwritten
from deployer.errors import DeployerError, Failure, Interrupted, UsageError
from deployer.visible import visible

PIPE_CLOSED = 141
"""What a shell reports of a program that wrote into a closed pipe: 128 and SIGPIPE (13). The
reader had enough, so nobody knows whether all was well."""

WORLDLY = frozenset({
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO,
    errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR,
    errno.EISDIR, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ETXTBSY,
})  # fmt: skip
"""Errors of the machine and of who may do what on it, which no code of ours can mend."""

_WORD = re.compile(r"(?!deployer\b|modal\b|https?:)[a-z]+(?:'[a-z]+)?(?=[ ,;:]|$)")
"""A word at the beginning that is no name of a field, a file or a program."""


def ended(error: BaseException, words: Sequence[str]) -> int:
    """Say how a command ended, and give its exit code; ``words`` is what it was called with."""
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case SystemExit():
            return _left(error, words)
        case click.exceptions.NoArgsIsHelpError() if not wants_json(words):
            tell(f"{error.format_message()}\n", end="")
            return UsageError.exit_code
        case BrokenPipeError():
            silence(sys.stdout)
            return PIPE_CLOSED
        case click.Abort() | KeyboardInterrupt():
            return _told(Interrupted("Interrupted."), words, label=False)
    known = _known(error)
    return _ours(error, words) if known is None else _told(known, words)


def _known(error: BaseException) -> DeployerError | None:
    """Give the form of our own errors to any that is no fault of ours."""
    match error:
        case DeployerError():
            return error
        case click.ClickException():
            return _misused(error)
        case OSError() if error.errno in WORLDLY:
            return _worldly(error)
        case ModuleNotFoundError():
            from deployer.extras import absent  # noqa: PLC0415 - only for an error

            return absent(error)
    return None


def tell_error(error: DeployerError, *, label: bool = True) -> None:
    """Say an error in one form, everywhere: a line, and below it what to do instead."""
    from deployer.cli.reading import colored_stderr  # noqa: PLC0415 - only for an error

    hidden = hiding(os.environ)
    head = "\x1b[1;31merror\x1b[0m: " if colored_stderr() else "error: "
    tell((head if label else "") + visible(hidden(error.message)))
    if error.hint:
        tell(f"  {visible(hidden(sentence(error.hint)))}")
    for line in error.detail:
        tell(f"      {visible(hidden(line))}")


def sentence(hint: str) -> str:
    """Give a hint as every verb says it: it begins as a sentence does, unless with a name."""
    return hint[:1].upper() + hint[1:] if _WORD.match(hint) else hint


def wants_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for JSON, be the rest of it right or wrong."""
    asked = False
    for at, word in enumerate(words):
        if word == "--":
            break
        if word == "--format":
            asked = words[at + 1 : at + 2] == ["json"]
        elif word.startswith("--format="):
            asked = word == "--format=json"
    return asked


def _left(error: SystemExit, words: Sequence[str]) -> int:
    """Something below us left the program: its word counts, and is said."""
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    return _told(Failure(str(error.code)), words)


NUMBERS = {
    " is not a valid integer range": " is not a whole number",
    " is not a valid float range": " is not a number",
    " is not a valid integer": " is not a whole number",
    " is not a valid float": " is not a number",
}
"""How click says that a word is no number, and how people do."""


def _misused(error: click.ClickException) -> UsageError:
    """Give a mistake that click found the form of every other."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return UsageError("there is nothing to do", hint="`deployer --help` lists the verbs")
    message = error.format_message().strip().rstrip(".")
    for theirs, ours in NUMBERS.items():
        message = message.removesuffix(theirs) + ours if message.endswith(theirs) else message
    if isinstance(error, click.exceptions.MissingParameter):  # nothing of it is the user's
        message = " ".join(message.split())
    message = message[:1].lower() + message[1:] if message[1:2].islower() else message
    context = getattr(error, "ctx", None)
    hint = f"`{context.command_path} --help` says what it takes" if context else ""
    return UsageError(message, hint=hint)


def _worldly(error: OSError) -> DeployerError:
    why = error.strerror or str(error)
    if error.filename is None:
        if _while_printing(error):
            return unwritten(error)
        return Failure(f"a file could not be read or written: {why}")
    hint = "A link there leads to itself: `ls -l` shows where" if error.errno == errno.ELOOP else ""
    return Failure(f"{os.fsdecode(error.filename)}: {why}", hint=hint)


def _while_printing(error: OSError) -> bool:
    """Whether click met it, which opens no file here but writes help to stdout."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and Path(frames[-1].filename).parent == Path(click.__file__).parent


def _told(error: DeployerError, words: Sequence[str], *, label: bool = True) -> int:
    if isinstance(error, OutputFailure):
        silence(sys.stdout)
    tell_error(error, label=label)
    if wants_json(words) and not isinstance(error, OutputFailure):
        _as_json(error)
    return error.exit_code


def _as_json(error: DeployerError) -> None:
    from deployer.report.envelope import error_envelope  # noqa: PLC0415 - only for this form

    hidden = hiding(os.environ)
    try:
        said = error_envelope(hidden(error.message), hidden(sentence(error.hint)), error.state)
        show_exactly(said, end="")
    except (BrokenPipeError, OutputFailure):
        silence(sys.stdout)


def _ours(error: BaseException, words: Sequence[str]) -> int:
    tell(hiding(os.environ)("".join(traceback.format_exception(error))) + "\n", end="")
    message = (
        "This is a fault of deployer, not yours. Please report it as an issue of the project, "
        f"with the lines above (Python {platform.python_version()}, {platform.system()})."
    )
    return _told(Failure(message), words, label=False)
