"""An upgrade as text for a terminal and as JSON for programs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deployer import codec
from deployer.finding import Finding
from deployer.parse.secrets import is_secret
from deployer.profile.source import Path
from deployer.report import findings as told
from deployer.report.envelope import envelope
from deployer.secret import HIDDEN, looks_secret, masked, names_secret
from deployer.upgrade.document import Document, Edit, applied
from deployer.upgrade.notes import Kind, Note, Upgrade
from deployer.visible import visible

HEADINGS = {
    Kind.REWRITTEN: "Rewritten",
    Kind.MOVED: "Moved to a field of its own",
    Kind.COMMENTED: "Kept as a comment",
    Kind.RESPELT: "Compiles to other words; the file stays as it is here",
    Kind.DEPRECATED: "Deprecated from now on",
    Kind.OFFERED: "Not written; the new release can do this, and the old one could not",
    Kind.LEFT: "Left as it is, for you to decide",
}
"""The parts of a report, in their order."""

ENTRY_DEPTH = 3
"""Steps to an entry of `engine.args` or `engine.env`."""


@dataclass(frozen=True, slots=True)
class Flags:
    """What became of the committed flags of a profile that was replaced."""

    file: str
    written: bool


def text(upgrade: Upgrade, findings: Iterable[Finding] = (), *, color: bool) -> str:
    """Write what an upgrade does and leaves, the change of the file, and what is then not right."""
    found = tuple(findings)
    blocks = ["\n".join(lines) for lines in _blocks(upgrade) if lines]
    if change := diff(upgrade):
        blocks.append(change.rstrip("\n"))
    if found:
        blocks.append("After this, `deployer check` finds:\n\n" + told.text(found, color=color))
    return "\n\n".join(block.rstrip("\n") for block in blocks) + "\n"


def to_json(
    upgrade: Upgrade,
    findings: Iterable[Finding] = (),
    *,
    written: bool = False,
    flags: Flags | None = None,
) -> str:
    """Write the report as JSON: every note and default, the change of the file, the findings.

    ``written`` says whether the file was replaced, ``flags`` what became of its committed flags.
    """
    value = {
        "file": upgrade.file,
        "engine": {"old": upgrade.old_version, "new": upgrade.new_version},
        "changed": upgrade.changed,
        "written": written,
        "flags": None if flags is None else codec.encode(flags),
        "notes": [codec.encode(note) for note in upgrade.notes],
        "defaults": [codec.encode(one) for one in upgrade.defaults],
        "unknown": upgrade.unknown,
        "diff": diff(upgrade),
        "findings": [codec.encode(finding) for finding in findings],
    }
    if upgrade.also:
        value["also"] = [
            {"file": one.file, "notes": [codec.encode(note) for note in one.notes]}
            for one in upgrade.also
        ]
    return envelope(value)


def diff(upgrade: Upgrade) -> str:
    """Give the change of each file as a unified diff, with no secret in it."""
    before, after = _lines(upgrade.old_text), _lines(upgrade.text)
    name = visible(upgrade.file)
    old, new = f"{name} ({upgrade.old_version})", f"{name} ({upgrade.new_version})"
    lines = difflib.unified_diff(before, after, old, new, lineterm="")
    return "".join(f"{line}\n" for line in lines) + "".join(map(diff, upgrade.also))


def _blocks(upgrade: Upgrade) -> Iterator[list[str]]:
    yield [_title(upgrade)]
    for kind, heading in HEADINGS.items():
        lines = [
            line
            for one in (upgrade, *upgrade.also)
            for note in one.notes
            if note.kind is kind
            for line in _note(note, "" if one is upgrade else f"{visible(one.file)}: ")
        ]
        yield [f"{heading}:", *lines] if lines else []
    yield list(_defaults(upgrade))


def _title(upgrade: Upgrade) -> str:
    name = visible(upgrade.file)
    if upgrade.old_version == upgrade.new_version:
        what = f"SGLang {upgrade.new_version}"
    else:
        what = f"SGLang {upgrade.old_version} -> {upgrade.new_version}"
    return f"{name}: {what}" if upgrade.changed else f"{name}: {what}, the file stays as it is"


def _note(note: Note, where: str) -> Iterator[str]:
    told = "" if note.path.endswith(f".{note.before}") else f": {visible(note.before)}"
    told += f" -> {visible(note.after)}" if note.after else ""
    yield f"  {where}{visible(note.path)}{told}"
    if note.why:
        yield f"      {visible(note.why)}"


def _defaults(upgrade: Upgrade) -> Iterator[str]:
    if upgrade.unknown:
        yield f"Which defaults change is not known: {upgrade.unknown}."
    if not upgrade.defaults:
        return
    yield "Defaults that change although the file does not:"
    for one in upgrade.defaults:
        yield f"  {one.what}: {one.old} -> {one.new}"
        if one.help:
            yield f"      {one.help}"


def _lines(text: str) -> list[str]:
    """Give the lines of a profile, with no secret in them."""
    doc = Document.read(text, "")
    hidden = [Edit(*doc.value(path), HIDDEN) for path in doc.source.places if _secret(doc, path)]
    lines = re.split(r"\r?\n", masked(applied(text, hidden)))
    return [visible(line) for line in (lines[:-1] if lines[-1] == "" else lines)]


def _secret(doc: Document, path: Path) -> bool:
    """Whether a value is one that `secret-in-profile` or the engine's options call a secret."""
    if len(path) != ENTRY_DEPTH or path[0] != "engine":
        return False
    name, value = str(path[-1]), doc.written(path).strip("'\"")
    named = {"args": is_secret(f"--{name}"), "env": names_secret(name)}
    return named.get(str(path[1]), False) or looks_secret(value)
