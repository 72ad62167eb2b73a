"""Find the launch in what was given: through wrappers, containers and other shells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from deployer.adopt.containers import Container, container
from deployer.adopt.note import Kind, Note
from deployer.adopt.shell import Command, Script, read
from deployer.parse.launch import launch

SHELLS = frozenset({"sh", "bash", "zsh", "dash"})
RUNNERS = {"uv": ("run",), "poetry": ("run",), "conda": ("run",), "pixi": ("run",), "srun": ()}
RUNNER_VALUES = frozenset(
    {"-n", "--name", "-p", "--prefix", "--with", "--python", "--project", "--directory", "-N"}
)
"""Options of these runners that take the word after them."""

INSTALLED = re.compile(r"sglang(?:\[[^\]]*\])?==(\d+\.\d+\.\d+(?:\.post\d+)?)")
TAGGED = re.compile(r":v?(\d+\.\d+\.\d+(?:\.post\d+)?)(?:[-@]|$)")


@dataclass(frozen=True, slots=True)
class Found:
    """A launch: the engine's words, the variables that it would see, where it runs.

    ``release`` is the engine's, where an image's tag or an installation names it, and ``named_by``
    what names it.
    """

    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    line: int
    image: str = ""
    gpus: str = ""
    release: str = ""
    named_by: str = ""
    nested: bool = False
    notes: tuple[Note, ...] = ()


def in_script(text: str) -> tuple[list[Found], Script]:
    """Give every launch of a script, in order, and the script as it was read."""
    script = read(text)
    return list(_of_commands(script)), script


def in_words(words: Sequence[str]) -> Found | None:
    """Give the launch of one command, already divided into words; None where there is none."""
    return _of_command(Command(tuple(words), 0, ()))


def _of_commands(script: Script) -> Iterator[Found]:
    release = ""
    for command in script.commands:
        for word in command.words:
            if match := INSTALLED.search(word):
                release = match[1]
        if (found := _of_command(command)) is not None:
            if not found.release and release:
                found = replace(found, release=release, named_by=f"sglang=={release} is installed")
            yield found


def _of_command(command: Command) -> Found | None:
    words = _unwrapped(command.words)
    inside = container(words)
    if inside is not None:
        return _of_container(command, inside)
    if words and PurePosixPath(words[0]).name in SHELLS:
        return _of_shell(command, words)
    taken = launch(words)
    if taken is None or (not taken.entry and command.line):
        return None
    return Found(
        words=taken.words,
        variables=(*command.variables, *taken.variables),
        line=command.line,
        nested=command.nested,
    )


def _of_container(command: Command, inside: Container) -> Found | None:
    found = _of_command(replace(command, words=inside.words, variables=()))
    if found is None:
        return None
    known = dict(command.variables)
    passed = [(name, known[name]) for name in inside.passed_on if name in known]
    match = TAGGED.search(inside.image)
    return replace(
        found,
        variables=(*inside.variables, *passed, *found.variables),
        image=inside.image,
        gpus=inside.gpus,
        release=match[1] if match else found.release,
        named_by=f"the image is {inside.image}" if match else found.named_by,
        notes=(*_left_out(command, inside, known), *found.notes),
    )


def _left_out(command: Command, inside: Container, known: dict[str, str]) -> Iterator[Note]:
    for option in inside.others:
        text = f"the container's `{option}` has no place in a profile"
        yield Note(Kind.MOVED, text, command.line)
    for name in inside.passed_on:
        if name not in known:
            text = f"the container's `{name}` comes from the shell that runs it"
            yield Note(Kind.MOVED, text, command.line)


def _of_shell(command: Command, words: Sequence[str]) -> Found | None:
    """Follow `bash -c "..."`."""
    for index, word in enumerate(words[:-1]):
        if word.startswith("-") and not word.startswith("--") and word.endswith("c"):
            inner = in_script(words[index + 1])[0]
            if inner:
                merged = (*command.variables, *inner[0].variables)
                return replace(inner[0], variables=merged, line=command.line)
    return None


def _unwrapped(words: tuple[str, ...]) -> tuple[str, ...]:
    """Take runners off: `uv run`, `conda run -n x`, `srun`."""
    while words and (verb := RUNNERS.get(PurePosixPath(words[0]).name)) is not None:
        if words[1 : 1 + len(verb)] != verb:
            return words
        words = words[1 + len(verb) :]
        while words and words[0].startswith("-"):
            words = words[2:] if words[0] in RUNNER_VALUES else words[1:]
    return words
