"""What commands beside a launch tell of it: a file that they write, weights that they fetch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from deployer.adopt.containers import container
from deployer.adopt.script import UNKNOWN, Command, Script
from deployer.late import compile_pattern

HUBS = frozenset({"hf", "huggingface-cli"})
INTO = compile_pattern(r">>?\s*(\S+)")
FORMAT = compile_pattern(r"%.|\\.")
ESCAPES = {"%s": "%s", "%%": "%", r"\n": "\n", r"\t": "\t", r"\\": "\\"}

STANDS = compile_pattern("\ue000(\\d+)\ue001")
"""Stands in YAML for a mark, whose own signs no YAML may hold (private use of Unicode)."""


def note_beside(command: Command, script: Script) -> None:
    """Keep what a command that starts no server says of one that comes after it."""
    inside = container(command.words)
    words = command.words if inside is None else inside.words
    name, rest = PurePosixPath(words[0]).name if words else "", words[1:]
    if name in HUBS and rest[:1] == ("download",):
        _fetched(rest[1:], script)
    written = _said(name, rest, command.given)
    for file in command.files if written is not None else ():
        if (found := INTO.fullmatch(file)) is not None and written is not None:
            before = script.written.get(found[1], "") if file.startswith(">>") else ""
            script.written[found[1]] = before + written


def _fetched(words: Sequence[str], script: Script) -> None:
    """Read `hf download REPO --revision REVISION --local-dir FOLDER`."""
    given: dict[str, str] = {}
    rest = [part for word in words for part in _divided(word)]
    plain: list[str] = []
    while rest:
        word = rest.pop(0)
        if word.startswith("--") and rest and not rest[0].startswith("--"):
            given[word] = rest.pop(0)
        elif not word.startswith("-"):
            plain.append(word)
    folder, revision = given.get("--local-dir", ""), given.get("--revision", "")
    if plain and folder and not UNKNOWN.search(plain[0] + folder):
        script.repos.append((folder, plain[0], "" if UNKNOWN.search(revision) else revision))


def _divided(word: str) -> list[str]:
    return word.split("=", 1) if word.startswith("--") else [word]


def _said(name: str, words: Sequence[str], given: Sequence[str]) -> str | None:
    """Give what `printf`, `echo` or `cat <<EOF` writes; None for what is not followed."""
    if name == "cat" and given and not words:
        return given[-1]
    if name == "echo" and not any(word.startswith("-") or "\\" in word for word in words):
        return " ".join(words) + "\n"
    if name != "printf" or not words:
        return None
    parts = FORMAT.findall(words[0])
    if any(part not in ESCAPES for part in parts) or parts.count("%s") != len(words) - 1:
        return None
    rest = iter(words[1:])
    return FORMAT.sub(lambda found: next(rest) if found[0] == "%s" else ESCAPES[found[0]], words[0])


def without_marks(text: str) -> str:
    """Put what YAML can hold in the place of marks."""
    return UNKNOWN.sub("\ue000\\1\ue001", text)


def with_marks(word: str) -> str:
    """Put the marks back."""
    return re.sub(STANDS.pattern, "\0\\1\0", word)
