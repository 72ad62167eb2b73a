"""What a release makes of a launch command that stands in no profile, as findings."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from deployer.facts.sglang.catalogue import Catalogue
from deployer.finding import Finding, Severity, Span, short_line
from deployer.parse.config import FLAG, ConfigError, merge
from deployer.parse.hidden import marked, told
from deployer.parse.launch import Launch
from deployer.parse.parsed import Fault
from deployer.parse.read import parse
from deployer.parse.secrets import shown_alone
from deployer.parse.walk import groups
from deployer.secret import HIDDEN

REPEATED = "repeated-flag"
FILE = "command"
"""What stands in place of a file's name."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A command as one line without secrets, and the column of each of the engine's words."""

    line: str
    columns: tuple[tuple[int, int], ...]


def check_command(
    catalogue: Catalogue, launch: Launch, read: Callable[[str], str]
) -> tuple[Finding, ...]:
    """Give everything that is wrong with a command, in the order of its words.

    ``read`` gives the text of the file that `--config` names, and raises ConfigError where there
    is none. The words of the file are checked, and shown, before the command's own.
    """
    try:
        words = merge(catalogue, launch.words, read)
    except ConfigError as error:
        return _placed(catalogue, launch, _without_file(catalogue, launch.words, str(error)))
    from_file = len(words) - len(launch.words) + (2 if FLAG in launch.words else 0)
    found = _not_overridden(catalogue, words, from_file)
    return _placed(catalogue, replace(launch, words=words), found)


def _without_file(catalogue: Catalogue, words: Sequence[str], message: str) -> Iterator[Fault]:
    """Say what is wrong with the file, and with the rest, which lacks what the file would give."""
    hint = f"mend it, or leave `{FLAG}` out to check the rest alone"
    yield Fault("refused-config", Severity.ERROR, words.index(FLAG), FLAG, message, hint)
    for fault in parse(catalogue, words).faults:
        if fault.kind != "required-missing" and fault.flag != FLAG:
            yield fault


def _not_overridden(catalogue: Catalogue, words: Sequence[str], from_file: int) -> Iterator[Fault]:
    """Leave out that a flag repeats one of the file: that is how a file is overridden."""
    twice = {
        fault.position + from_file
        for fault in (parse(catalogue, words[from_file:]).faults if from_file else ())
        if fault.kind == REPEATED
    }
    for fault in parse(catalogue, words).faults:
        own = from_file and fault.position >= from_file
        if fault.kind != REPEATED or not own or fault.position in twice:
            yield fault


def _placed(catalogue: Catalogue, launch: Launch, found: Iterable[Fault]) -> tuple[Finding, ...]:
    shown = show(catalogue, launch)
    return tuple(_finding(one, shown) for one in sorted(found, key=lambda one: one.position))


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
        source_line=short_line(shown.line),
    )


def show(catalogue: Catalogue, launch: Launch) -> Shown:
    """Write a command for a reader: quoted as a shell needs it, secrets hidden."""
    shown = [_quoted(shown_alone(word)) for word in launch.before]
    begun = sum(len(word) + 1 for word in shown) + 1
    columns: list[tuple[int, int]] = []
    for word in _masked(catalogue, launch.words):
        shown.append(_quoted(word))
        columns.append((begun, begun + len(shown[-1])))
        begun += len(shown[-1]) + 1
    return Shown(" ".join(shown), tuple(columns))


def _quoted(word: str) -> str:
    """Quote as a shell needs it; the stars of a hidden value need nothing."""
    plain = word.replace(HIDDEN, "")
    return word if plain != word and plain in {"", shlex.quote(plain)} else shlex.quote(word)


def _masked(catalogue: Catalogue, words: Sequence[str]) -> Iterator[str]:
    for group in marked(catalogue, groups(catalogue, words)):
        yield from told(group)
