"""`deployer diagnose`: what an engine died of, from its log."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployer.apply.target import Log, Target
from deployer.cli.completing import deployments
from deployer.cli.forms import FORM
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import show_as
from deployer.cli.target import target_of
from deployer.errors import UsageError
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.diagnose.diagnosis import Diagnosis
    from deployer.diagnose.reader import Reader
    from deployer.report.diagnosis import Diagnosed

BLOCK = 1024 * 1024
"""Bytes of a log that are read at a time."""

LOGS = (".log", ".txt", ".out", ".err")
"""How the name of a log ends, where there may be no such file."""


@click.command("diagnose")
@click.argument("name", metavar="LOG|-|NAME|PROFILE", shell_complete=deployments)
@FORM
@click.option(
    "--lines", "-n", type=click.IntRange(min=1), default=10_000, show_default=True,
    help="How many lines of a log on Modal are asked for.",
)  # fmt: skip
@TIMEOUT
def command(name: str, form: str, lines: int) -> int:
    """Say what an engine died of: the first cause in its log, among all its ranks.

    The log is a file, `-` for standard input, or that of a deployment. Exits 0 if it tells of no
    failure, 1 if it does, or if a deployment on this machine ended unasked all the same, and 2 if
    there is nothing to look at: no log, or none of an engine.
    """
    from deployer.report import diagnosis as report  # noqa: PLC0415 - every signature

    found = _diagnosed(name, lines)
    show_as(form, report.to_json(found) if form == "json" else report.text(found))
    return int(found.failed)


def _diagnosed(name: str, lines: int) -> Diagnosed:
    if name == "-":
        return _read(Log("standard input", _blocks(sys.stdin.buffer.fileno() if sys.stdin else -1)))
    if not name.endswith((".yaml", ".yml")) and (Path(name).exists() or _is_log(name)):
        return _of_file(name)
    target: Target = target_of(name)
    return _read(target.log(lines))


def _is_log(name: str) -> bool:
    return os.sep in name or name.endswith(LOGS)


def _of_file(path: str) -> Diagnosed:
    from deployer.cli.links import open_ordinary  # noqa: PLC0415 - only for a file

    try:
        file = open_ordinary(path)
    except FileNotFoundError as error:
        message = f"{visible(path)}: there is no such file"
        raise UsageError(message, hint="Give the path of a log, `-`, or a deployment") from error
    except OSError as error:
        message = f"{visible(path)}: {error.strerror or error}"
        raise UsageError(message) from error
    try:
        return _read(Log(visible(path), _blocks(file)))
    finally:
        os.close(file)


def _blocks(file: int) -> Iterator[bytes]:
    try:
        while block := os.read(file, BLOCK):
            yield block
    except OSError as error:
        message = f"the log cannot be read: {error.strerror}"
        raise UsageError(message) from error


def _read(log: Log) -> Diagnosed:
    """Read a log to its end; raises UsageError where it is not that of an engine."""
    from deployer.diagnose.reader import Reader  # noqa: PLC0415 - every signature
    from deployer.report.diagnosis import Diagnosed  # noqa: PLC0415 - as above

    reader = Reader()
    for block in log.blocks:
        reader.feed(block)
    reader.finish()
    reading, found = reader.reading(), reader.diagnosis(ended=bool(log.end))
    if not found and not reading.recognized:
        found = _cut_out(reader)
    if not found and not reading.recognized:
        what = "it has no line" if not reading.lines else "no line of it is one of SGLang's"
        hint = "`deployer logs NAME` shows the log of a deployment"
        message = f"{log.name} tells nothing: {what}"
        raise UsageError(message, hint=hint)
    earlier = reading.earlier and _without_secrets(reading.earlier)
    found = found and _without_secrets(found)
    return Diagnosed(log.name, replace(reading, earlier=earlier), found, log.end)


def _cut_out(reader: Reader) -> Diagnosis | None:
    """Give what a traceback alone tells, cut out of a log, where it leads into the engine."""
    found = reader.diagnosis(ended=True)
    return found if found and found.where.startswith("sglang/") else None


def _without_secrets(found: Diagnosis) -> Diagnosis:
    """Hide what the log of another program repeats: what is shown here is pasted into issues."""
    from deployer.cli.hiding import hiding  # noqa: PLC0415 - only where a failure is told

    hide = hiding(os.environ)
    writes = tuple(replace(write, what=hide(write.what)) for write in found.writes)
    return replace(found, said=hide(found.said), cause=hide(found.cause), writes=writes)
