"""Find the launch in what was given: through wrappers, containers and other shells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import PurePosixPath

from deployer.adopt.containers import Container, container
from deployer.adopt.note import Kind, Note
from deployer.adopt.script import UNKNOWN, Command, Script
from deployer.adopt.secrets import is_secret_name
from deployer.adopt.shell import read, read_within
from deployer.adopt.wrappers import bare
from deployer.late import compile_pattern
from deployer.parse.launch import COMPILE, SERVE_ONLY, launch

SHELLS = frozenset({"sh", "bash", "zsh", "dash"})
ANOTHER = "another server is started here, and only the first is taken"

INSTALLED = compile_pattern(r"sglang(?:\[[^\]]*\])?==(\d+\.\d+\.\d+(?:\.post\d+)?)")
TAGGED = compile_pattern(r"[^:@]*sgl[^:@/]*:v?(\d+\.\d+\.\d+(?:\.post\d+)?)(?:[-@]|$)")


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
    image_release: str = ""
    gpus: str = ""
    release: str = ""
    named_by: str = ""
    notes: tuple[Note, ...] = ()


def in_script(text: str) -> tuple[list[Found], Script]:
    """Give every launch of a script, in order, and the script as it was read."""
    script = read(text)
    return list(_of_commands(script.commands, script)), script


def in_words(words: Sequence[str]) -> tuple[Found | None, Script]:
    """Give the launch of one command, already divided into words; None where there is none."""
    script = Script()
    return _of_command(Command(tuple(words), 0, ()), script), script


def _of_commands(commands: Sequence[Command], script: Script) -> Iterator[Found]:
    """Give the launches among commands; the names of the others go into ``script``."""
    release = ""
    for command in commands:
        for word in command.words:
            if match := INSTALLED.search(word):
                release = match[1]
        if (found := _of_command(command, script)) is None:
            script.others.append(PurePosixPath(command.words[0]).name)
            continue
        if not found.release and release:
            found = replace(found, release=release, named_by=f"sglang=={release} is installed")
        yield found


def _of_command(command: Command, script: Script) -> Found | None:
    plain = bare(command.words)
    notes = tuple(_beside(command, plain.limits))
    command = replace(
        command, words=plain.words, variables=(*command.variables, *plain.variables), files=()
    )
    found = _of_bare(command, script)
    return found and replace(found, notes=(*notes, *found.notes))


def _beside(command: Command, limits: Sequence[str]) -> Iterator[Note]:
    """Say what stands around a launch and is not part of it."""
    for limit in limits:
        yield Note(
            Kind.MOVED, f"`{UNKNOWN.sub('…', limit)}` has no place in a profile", command.line
        )
    for file in command.files:
        yield Note(Kind.MOVED, f"`{file}` has no place in a profile", command.line)
    if command.nested:
        text = "the launch stands in a branch, a loop or a function, and is taken as if it ran once"
        yield Note(Kind.ASSUMED, text, command.line)


def _of_bare(command: Command, script: Script) -> Found | None:
    inside = container(command.words)
    if inside is not None:
        return _of_container(command, inside, script)
    if command.words and PurePosixPath(command.words[0]).name in SHELLS:
        return _of_shell(command, script)
    taken = launch(command.words)
    if taken is None or taken.entry == COMPILE or (not taken.entry and command.line):
        return None
    notes: tuple[Note, ...] = ()
    if any(word.partition("=")[0] == SERVE_ONLY for word in command.words):
        text = f"`{SERVE_ONLY}` is no flag of the server: deployer starts `sglang.launch_server`"
        notes = (Note(Kind.MOVED, text, command.line),)
    return Found(taken.words, command.variables, command.line, notes=notes)


def _of_container(command: Command, inside: Container, script: Script) -> Found | None:
    known = dict(command.variables)
    passed = [(name, known[name]) for name in inside.passed_on if name in known]
    variables = (*inside.variables, *passed)
    found = _of_command(
        replace(command, words=inside.words, variables=variables, nested=False), script
    )
    if found is None:
        return None
    match = TAGGED.match(inside.image)
    return replace(
        found,
        image=inside.image,
        image_release=match[1] if match else "",
        gpus=inside.gpus,
        release=match[1] if match else found.release,
        named_by=f"the image is {inside.image}" if match else found.named_by,
        notes=(*_left_out(command, inside, known), *found.notes),
    )


def _left_out(command: Command, inside: Container, known: dict[str, str]) -> Iterator[Note]:
    for name, value in inside.others:
        key, equals, _ = value.partition("=")
        shown = f"{key}=…" if equals and is_secret_name(key) else UNKNOWN.sub("…", value)
        text = f"the container's `{name} {shown}` has no place in a profile"
        yield Note(Kind.MOVED, text, command.line)
    for name in inside.passed_on:
        if name not in known:
            text = f"the container's `{name}` comes from the shell that runs it"
            yield Note(Kind.MOVED, text, command.line)


def _of_shell(command: Command, script: Script) -> Found | None:
    """Follow `bash -c "..."`, into the first launch within."""
    for word, text in pairwise(command.words):
        if word.startswith("-") and not word.startswith("--") and word.endswith("c"):
            inner = read_within(text, command, script)
            script.broken += inner.broken
            launches = list(_of_commands(inner.commands, script))
            more = Note(Kind.LEFT_OUT, ANOTHER, command.line)
            notes = [more] if len(launches) > 1 else []
            if launches:
                return replace(launches[0], notes=(*launches[0].notes, *notes))
    return None
