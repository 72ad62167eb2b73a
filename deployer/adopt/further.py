"""Launches in the scripts that a script runs, where those lie beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from deployer.adopt.find import SHELLS, Found, of_commands
from deployer.adopt.kind import is_shell
from deployer.adopt.note import Kind, Note
from deployer.adopt.script import UNKNOWN, Command, Script
from deployer.adopt.shell import read as read_shell
from deployer.adopt.shell import read_within
from deployer.adopt.wrappers import bare

DEEPEST = 4
"""Scripts that run each other and are followed."""


def launches(
    commands: Sequence[Command],
    read: Callable[[str], str | None],
    script: Script,
    deepest: int = DEEPEST,
) -> list[Found]:
    """Give the launches of the first script run by ``commands`` that has one.

    A script is named by the first word of a command, or by the second behind its shell; it sees
    what the command would.
    """
    for command in commands if deepest else ():
        words = bare(command.words).words
        if PurePosixPath((*words, "")[0]).name in SHELLS and words[1:2] == ("-c",) and words[2:]:
            within = read_within(words[2], command, script, list(words[4:]))
            if found := launches(within.commands, read, script, deepest - 1):
                return found
        for place, word in enumerate(words[:2]):
            if UNKNOWN.search(word) or not ("/" in word or word.endswith(".sh")):
                continue
            if (text := read(word)) is None or not is_shell(word, text):
                continue
            inner = read_shell(
                text, dict(command.variables), script.unknowns, list(words[place + 1 :])
            )
            script.broken += inner.broken
            found = list(of_commands(inner.commands, script))
            if found := found or launches(inner.commands, read, script, deepest - 1):
                note = Note(Kind.MOVED, f"the launch stands in {word}, which is run")
                return [replace(one, notes=(note, *one.notes)) for one in found]
    return []
