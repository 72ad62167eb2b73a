"""Find the launch in what was given: through wrappers, containers and other shells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import PurePosixPath

from deployer.adopt import vllm
from deployer.adopt.around import NOTHING, Around
from deployer.adopt.beside import note_beside
from deployer.adopt.containers import Container, container
from deployer.adopt.note import Kind, Note
from deployer.adopt.script import UNKNOWN, Command, Script
from deployer.adopt.secrets import is_secret_name
from deployer.adopt.shell import read, read_within
from deployer.adopt.wrappers import CARRIERS, bare
from deployer.late import compile_pattern
from deployer.parse.launch import COMPILE, MODULES, SERVE_ONLY, launch

SHELLS = frozenset({"sh", "bash", "zsh", "dash"})
ANOTHER = "another server is started here: `--launch` takes it instead"
SAYS = frozenset(
    {
        "echo",
        "printf",
        "log",
        "grep",
        "pgrep",
        "pkill",
        "killall",
        "ps",
        "cat",
        "tee",
        "which",
        "man",
        "info",
        "warn",
        "error",
        "sed",
        "awk",
        "curl",
        "pip",
        "pip3",
        "logger",
        "until",
        "while",
        "alias",
    }
)
"""Commands that name a launch and start none."""

BEGINS = frozenset({"sglang", "vllm", "env"})
"""What else a launch may begin with, beside a shell and a Python."""

_RELEASE = r"(\d+\.\d+\.\d+(?:\.?(?:post|rc|dev|a|b)\d+)*)"
INSTALLED = compile_pattern(rf"sglang(?:\[[^\]]*\])?=={_RELEASE}")
TAGGED = compile_pattern(rf"[^:@]*sgl[^:@/]*:v?{_RELEASE}(?:[-@]|$)")


@dataclass(frozen=True, slots=True)
class Found:
    """A launch: the engine's words, the variables that it would see, where it runs.

    ``release`` is the engine's, where an image's tag or an installation names it, and ``named_by``
    what names it; ``translated`` says that the words were another engine's, and
    ``entry`` what is started.
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
    around: Around = NOTHING
    translated: bool = False
    entry: str = ""


def in_script(text: str, variables: Mapping[str, str] | None = None) -> tuple[list[Found], Script]:
    """Give every launch of a script, in order, and the script as it was read."""
    script = read(text, variables)
    if found := list(of_commands(script.commands, script)):
        return found, script
    script = read(text, variables, arguments=None)  # it may leave where it is given none
    return list(of_commands(script.commands, script)), script


def in_words(words: Sequence[str]) -> tuple[Found | None, Script]:
    """Give the launch of one command, already divided into words; None where there is none."""
    script = Script()
    return _of_command(Command(tuple(words), 0, ()), script), script


def of_commands(commands: Sequence[Command], script: Script) -> Iterator[Found]:
    """Give the launches among commands; the names of the others go into ``script``."""
    release = ""
    for command in commands:
        for word in command.words:
            if match := INSTALLED.search(word):
                release = match[1]
        if (found := _of_command(command, script)) is None:
            script.others.append(PurePosixPath(command.words[0]).name)
            note_beside(command, script)
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


def _of_bare(command: Command, script: Script) -> Found | None:  # noqa: PLR0911 - one case a form
    words = command.words
    inside = container(words)
    if inside is not None:
        return of_container(command, inside, script)
    if words and PurePosixPath(words[0]).name in SHELLS:
        return _of_shell(command, script) or _carried(command, script)
    if words and words[0] == "eval":
        return _of_text(" ".join(words[1:]), command, script)
    if start := vllm.starts(words):
        key = dict(command.variables).get(vllm.KEY)
        asked = (*words[start:], *(("--api-key", key) if key else ()))
        translated, notes = vllm.translate(asked, command.line, script.unknowns)
        variables = tuple(
            (name, value) for name, value in command.variables if not name.startswith("VLLM_")
        )
        return Found(translated, variables, command.line, notes=notes, translated=True)
    taken = launch(words)
    if taken is None and len(words) > 2 and words[1] == "-m" and words[2] in MODULES:  # noqa: PLR2004 - PYTHON -m MODULE
        taken = launch(("python3", *words[1:]))  # an interpreter by a name that is not known
    if taken is None:
        return _carried(command, script)
    if taken.entry == COMPILE or (not taken.entry and command.line):
        return None
    notes = ()
    if any(word.partition("=")[0] == SERVE_ONLY for word in words):
        text = f"`{SERVE_ONLY}` is no flag of the server: deployer starts `sglang.launch_server`"
        notes = (Note(Kind.MOVED, text, command.line),)
    return Found(taken.words, command.variables, command.line, notes=notes, entry=taken.entry)


def _carried(command: Command, script: Script) -> Found | None:
    """Find the launch that another program runs, by where a launch begins among its words."""
    words = command.words
    if len(words) < 2 or PurePosixPath(words[0]).name in SAYS:  # noqa: PLR2004 - PROGRAM and what it runs
        return None
    name = PurePosixPath(words[0]).name
    for place in range(1, len(words)):
        begins = PurePosixPath(words[place]).name
        if not (begins in SHELLS or begins in BEGINS or re.match(r"(python|pypy)", begins)):
            if place == 1 and UNKNOWN.search(words[0]) is None and name not in CARRIERS:
                continue
            if not (
                words[place] == "-m"
                and words[place + 1 : place + 2]
                and words[place + 1] in MODULES
            ):
                continue
            inner = ("python3", *words[place:])
        else:
            inner = words[place:]
        found = _of_command(replace(command, words=inner, files=()), script)
        if found is not None:
            shown = UNKNOWN.sub("…", " ".join(words[:place]))
            kind, text = Kind.MOVED, f"`{shown}` has no place in a profile"
            if name not in CARRIERS:
                kind, text = Kind.ASSUMED, f"`{shown}` is taken for what runs the command after it"
            return replace(found, notes=(Note(kind, text, command.line), *found.notes))
    return None


def of_container(command: Command, inside: Container, script: Script) -> Found | None:
    """Give the launch that a container runs, with what its image and options say."""
    known = dict(command.variables)
    passed = [(name, known[name]) for name in inside.passed_on if name in known]
    variables = (*inside.variables, *passed)
    found = _of_command(
        replace(command, words=inside.words, variables=variables, nested=False), script
    )
    if found is None:
        return None
    return replace(
        of_image(found, inside.image),
        gpus=inside.gpus,
        notes=(*_left_out(command, inside, known), *found.notes),
    )


def of_image(found: Found, image: str) -> Found:
    """Give a launch with the image that it runs in, and the release that its tag names."""
    match = TAGGED.match(image)
    return replace(
        found,
        image=image,
        image_release=match[1] if match else "",
        release=match[1] if match else found.release,
        named_by=f"the image is {image}" if match else found.named_by,
    )


def built(found: Found, where: str) -> Found:
    """Give a launch without its image, which is built where the file lies and is nowhere else."""
    text = f"the image is built from {where}, so {found.image} is not taken"
    return replace(found, image="", notes=(*found.notes, Note(Kind.MOVED, text)))


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
    for place, (word, text) in enumerate(pairwise(command.words)):
        if word.startswith("-") and not word.startswith("--") and word.endswith("c"):
            return _of_text(text, command, script, list(command.words[place + 3 :]))
    return None


def _of_text(
    text: str, command: Command, script: Script, arguments: list[str] | None = None
) -> Found | None:
    inner = read_within(text, command, script, arguments)
    script.broken += inner.broken
    launches = list(of_commands(inner.commands, script))
    if not launches:
        return None
    more = [another(one) for one in launches[1:]]
    return replace(launches[0], notes=(*launches[0].notes, *more))


def another(found: Found) -> Note:
    """Say that a launch is not the one that is taken."""
    return Note(Kind.ASSUMED, ANOTHER, found.line)
