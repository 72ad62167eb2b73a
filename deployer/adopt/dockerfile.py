"""The launch of a Dockerfile: its last stage's image, variables, entry point and command."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from deployer.adopt import further
from deployer.adopt.box import Box, launched
from deployer.adopt.find import INSTALLED, Found, built, of_image
from deployer.adopt.script import Command, Script
from deployer.adopt.shell_words import evaluated
from deployer.late import compile_pattern

INSTRUCTION = compile_pattern(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
OWN = compile_pattern(r"sgl|vllm")
"""What the name of an engine's image holds, on which a Dockerfile may build."""

HEREDOC = compile_pattern(r"<<-?\s*[\"']?(\w+)[\"']?")


@dataclass(slots=True)
class _Stage:
    image: str
    variables: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] = ()
    copied: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    line: int = 1


def launches(
    text: str, known: Mapping[str, str], read: Callable[[str], str | None], script: Script
) -> list[Found]:
    """Give the launch of the last stage; an entry point that lies beside the file is followed."""
    stage = _last_stage(text, known, script)
    if stage is None:
        return []
    release = next(iter(_installed("\n".join(stage.ran))), "")
    box = Box(stage.image, stage.entrypoint, stage.command, stage.variables, line=stage.line)
    found = launched(box, script)
    if found is None:
        words = (*(stage.entrypoint or ()), *stage.command)
        command = Command(words, stage.line, tuple(stage.variables.items()))
        found = next(iter(further.launches([command], _copies(stage, read), script)), None)
        found = found and of_image(found, stage.image)
    if found is None:
        return []
    found = built(found, "the Dockerfile") if not OWN.search(stage.image) else found
    if release and not found.release:
        found = replace(found, release=release, named_by=f"sglang=={release} is installed")
    return [found]


def _installed(text: str) -> Iterator[str]:
    for match in INSTALLED.finditer(text):
        yield match[1]


def _copies(stage: _Stage, read: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """Give what reads a file of the image, where it was copied from beside the Dockerfile."""

    def copied(word: str) -> str | None:
        name = word.rpartition("/")[2]
        for target, source in stage.copied.items():
            named = name in {target.rpartition("/")[2], source.rpartition("/")[2]}
            for path in (source, f"{source.rstrip('/')}/{name}")[0 if named else 1 :]:
                for above in ("", "../", "../../", "../../../"):  # where the build may begin
                    if (content := read(f"{above}{path}")) is not None:
                        return content
        return None

    return copied


def _last_stage(text: str, known: Mapping[str, str], script: Script) -> _Stage | None:
    stages: dict[str, _Stage] = {}
    arguments: dict[str, str] = {}
    stage: _Stage | None = None
    for name, rest, line in _instructions(text):
        values = {**arguments, **(stage.arguments | stage.variables if stage else {}), **known}
        value = (
            rest
            if name in {"RUN", "CMD", "ENTRYPOINT", "SHELL"}
            else evaluated(rest, values, script.unknowns, line)
        )
        if name == "FROM":
            words = [word for word in value.split() if not word.startswith("--")]
            base = stages.get(words[0].lower()) if words else None
            stage = (
                replace(base, copied=dict(base.copied), variables=dict(base.variables))
                if base
                else _Stage(words[0] if words else "")
            )
            stage.arguments = {}
            if len(words) > 2:  # noqa: PLR2004 - IMAGE AS NAME
                stages[words[2].lower()] = stage
        elif name == "ARG":
            for one in shlex_words(value):
                key, sign, default = one.partition("=")
                target = stage.arguments if stage else arguments
                if sign:
                    target[key] = default
                elif stage and key in arguments:
                    stage.arguments[key] = arguments[key]
        elif stage is not None:
            _take(stage, name, value, line)
    return stage


def _take(stage: _Stage, name: str, value: str, line: int) -> None:  # noqa: C901 - one case a form
    if name == "ENV":
        words = shlex_words(value)
        if words and "=" not in words[0]:
            stage.variables[words[0]] = value.strip()[len(words[0]) :].strip()
        for one in words if words and "=" in words[0] else ():
            key, _, text = one.partition("=")
            stage.variables[key] = text
    elif name == "ENTRYPOINT":
        stage.entrypoint, stage.command, stage.line = _form(value, stage.shell) or None, (), line
    elif name == "CMD":
        stage.command, stage.line = _form(value, stage.shell), line
    elif name == "SHELL":
        stage.shell = _form(value, stage.shell)
    elif name in {"COPY", "ADD"}:
        words = [word for word in _form(value, ()) if not word.startswith("--")]
        for source in words[:-1]:
            target = words[-1]
            if len(words) > 2 or target.endswith("/"):  # noqa: PLR2004 - SOURCE TARGET
                target = f"{target.rstrip('/')}/{source.rpartition('/')[2]}"
            stage.copied[target] = source
    elif name == "RUN":
        stage.ran.append(value)


def _form(value: str, shell: tuple[str, ...]) -> tuple[str, ...]:
    """Give the words of an instruction: JSON as it is, a text behind the shell."""
    text = value.strip()
    if text.startswith("["):
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if isinstance(found, list) and all(isinstance(one, str) for one in found):
            return tuple(found)
    return (*shell, text) if shell else tuple(shlex_words(text))


def shlex_words(text: str) -> list[str]:
    """Divide a text by a shell's quotes; one that is not closed is divided at its blanks."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _instructions(text: str) -> Iterator[tuple[str, str, int]]:
    """Give the instructions: lines that a backslash joins, comments and here-documents out."""
    lines = text.replace("\r\n", "\n").split("\n")
    place = 0
    while place < len(lines):
        first = place
        made = ""
        while place < len(lines):
            line = lines[place]
            place += 1
            if line.lstrip().startswith("#"):
                if not made:
                    break
                continue
            if line.rstrip().endswith("\\"):
                made += line.rstrip()[:-1] + " "
                continue
            made += line
            break
        found = INSTRUCTION.fullmatch(made)
        if found is None:
            continue
        if (document := HEREDOC.search(made)) and found[1].upper() in {"RUN", "COPY"}:
            body: list[str] = []
            while place < len(lines) and lines[place].strip() != document[1]:
                body.append(lines[place])
                place += 1
            place += 1
            made = "\n".join(body)
            yield found[1].upper(), made, first + 1
            continue
        yield found[1].upper(), found[2], first + 1
