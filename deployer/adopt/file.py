"""From a file, whatever it is, to the launches in it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace

from deployer.adopt import compose, dockerfile, further, kubernetes, tasks
from deployer.adopt.adopt import (
    Adopted,
    NoLaunchError,
    OtherFileError,
    Read,
    from_config,
    from_launches,
)
from deployer.adopt.around import Around, with_gpu
from deployer.adopt.box import joined
from deployer.adopt.find import Found, in_script
from deployer.adopt.kind import FileKind, UnreadError, documents, is_shell, kind_of
from deployer.adopt.modal_script import launches as in_python
from deployer.adopt.note import Kind as NoteKind
from deployer.adopt.note import Note
from deployer.adopt.script import UNKNOWN, Script
from deployer.adopt.wishes import Wishes
from deployer.late import compile_pattern

BATCH = compile_pattern(r"^#SBATCH\s+(\S+?)(?:[= \t]+(\S+))?\s*(?:#.*)?$", re.MULTILINE)


def from_file(name: str, text: str, wishes: Wishes, read: Read) -> Adopted:
    """Adopt a launch of a file; raises NoLaunchError, or ConfigError for a config file's faults."""
    try:
        kind = kind_of(name, text)
        if kind is FileKind.CONFIG:
            return from_config(text, wishes)
        launches, script = launches_of(kind, text, wishes, read)
    except UnreadError as error:
        raise OtherFileError(str(error)) from error
    if not launches:
        message = f"no launch of SGLang or vLLM was found in this {kind}"
        raise NoLaunchError(message)
    return from_launches(launches, script, wishes, read)


def launches_of(
    kind: FileKind, text: str, wishes: Wishes, read: Read
) -> tuple[list[Found], Script]:
    """Give the launches of a file of a kind, and what could not be evaluated."""
    known = dict(wishes.variables)
    if kind is FileKind.SHELL:
        found, script = in_script(text, known)
        found = found or _written(script, wishes, read)
        found = found or further.launches(script.commands, read, script)
        around = batch(text)
        return [replace(one, around=joined(around, one.around)) for one in found], script
    script = Script()
    if kind is FileKind.PYTHON:
        return in_python(text, known, read, script), script
    if kind is FileKind.DOCKERFILE:
        return dockerfile.launches(text, known, read, script), script
    found_documents = documents(text)
    if kind is FileKind.KUBERNETES:
        return kubernetes.launches(found_documents, known, script), script
    first = found_documents[0]
    if kind is FileKind.COMPOSE:
        return compose.launches(first, known, read, script), script
    of = {
        FileKind.SKYPILOT: tasks.of_skypilot,
        FileKind.DSTACK: tasks.of_dstack,
        FileKind.TRUSS: tasks.of_truss,
    }[kind]
    return [one for each in found_documents for one in of(each, known, script)], script


def _written(script: Script, wishes: Wishes, read: Read) -> list[Found]:
    """Give the launches of the first file that a script writes and that has one."""
    for path, text in script.written.items():
        if UNKNOWN.search(text):
            continue
        with suppress(UnreadError):
            kind = kind_of(path, text)
            if kind is FileKind.CONFIG or (kind is FileKind.SHELL and not is_shell(path, text)):
                continue
            found, inner = launches_of(kind, text, wishes, read)
            if found:
                script.unknowns, script.broken = inner.unknowns, [*script.broken, *inner.broken]
                script.others += inner.others
                note = Note(NoteKind.MOVED, f"the launch stands in {path}, which the script writes")
                return [replace(one, notes=(note, *one.notes)) for one in found]
    return []


def batch(text: str) -> Around:
    """Read what a script asks of Slurm for itself (sbatch's manual page)."""
    given = {match[1]: match[2] or "" for match in BATCH.finditer(text)}
    nodes = given.get("--nodes", given.get("-N", "1"))
    around = Around(nodes=int(nodes) if nodes.isdigit() else 1)
    for option in ("--gres", "--gpus-per-node", "--gpus-per-task", "--gpus", "-G"):
        asked = given.get(option, "").removeprefix("gpu:")
        if option == "--gres" and not given.get(option, "").startswith("gpu"):
            continue
        if found := re.fullmatch(r"(?:([A-Za-z]\w*(?:[-_.]\w+)*):)?(\d+)", asked):
            return replace(around, **with_gpu(found[1] or "", int(found[2])))
    return around
