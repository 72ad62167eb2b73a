"""What a release makes of a launch command that stands in no profile, as findings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deployer.facts.sglang.catalogue import Catalogue
from deployer.finding import Finding, Severity, Span
from deployer.parse.launch import Launch
from deployer.parse.parsed import Fault
from deployer.parse.read import parse
from deployer.parse.secrets import HIDDEN, is_secret

VARIABLE = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)", re.IGNORECASE)
FILE = "command"
"""What stands in place of a file's name."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A command as one line without secrets, and the column of each of the engine's words."""

    line: str
    columns: tuple[tuple[int, int], ...]


def check_command(catalogue: Catalogue, launch: Launch) -> tuple[Finding, ...]:
    """Give everything that is wrong with a command, in the order of its words."""
    shown = show(catalogue, launch)
    faults = parse(catalogue, launch.words).faults
    return tuple(_finding(fault, shown) for fault in faults)


def _finding(fault: Fault, shown: Shown) -> Finding:
    whole = (1, len(shown.line) + 1)
    start, end = shown.columns[fault.position] if shown.columns else whole
    return Finding(
        check=fault.kind,
        severity=fault.severity,
        path=fault.flag,
        message=fault.message,
        hint=fault.hint,
        link=fault.link,
        file=FILE,
        span=Span(1, start, 1, end),
        source_line=shown.line,
    )


def refused(message: str) -> Finding:
    """Give the finding of a command that cannot be read at all."""
    return Finding("refused-command", Severity.ERROR, "", message, file=FILE)


def show(catalogue: Catalogue, launch: Launch) -> Shown:
    """Write a command for a reader: quoted as a shell needs it, secrets hidden."""
    before = [_hidden_assignment(word) for word in launch.before]
    text = shlex.join(before)
    columns: list[tuple[int, int]] = []
    for word in masked(catalogue, launch.words):
        text += " " if text else ""
        start = len(text) + 1
        text += word if HIDDEN in word else shlex.quote(word)
        columns.append((start, len(text) + 1))
    return Shown(text, tuple(columns))


def masked(catalogue: Catalogue, words: Sequence[str]) -> Iterator[str]:
    """Give the words with the values of secret flags, right or misspelt, hidden."""
    hides = False
    for word in words:
        name, equals, _ = word.partition("=")
        if not word.startswith("--"):
            yield HIDDEN if hides else word
            hides = False
            continue
        secret = _may_hold_secret(catalogue, name)
        yield f"{name}={HIDDEN}" if secret and equals else word
        hides = secret and not equals


def _may_hold_secret(catalogue: Catalogue, name: str) -> bool:
    if catalogue.find(name) is not None:
        return is_secret(name)
    meant = catalogue.beginning_with(name)
    return any(is_secret(string) for string in meant) or VARIABLE.search(name) is not None


def _hidden_assignment(word: str) -> str:
    name, equals, _ = word.partition("=")
    return f"{name}={HIDDEN}" if equals and VARIABLE.search(name) else word
