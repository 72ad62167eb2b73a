"""From a launch command, a script or a config file to a profile, and what it does not say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from deployer.adopt.emit import emit
from deployer.adopt.find import Found, in_script, in_words
from deployer.adopt.note import Kind, Note
from deployer.adopt.place import known, place
from deployer.adopt.profile import Wishes, document
from deployer.adopt.shell import Script
from deployer.facts.sglang.catalogue import Catalogue, load, newest, releases
from deployer.parse.config import ConfigError, config_words, merge
from deployer.parse.read import parse
from deployer.parse.walk import groups


class NoLaunchError(ValueError):
    """Nothing in what was given starts an SGLang server; the message says so."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A profile's text, the release that it is for, why that one, and what there is to say."""

    profile: str
    release: str
    release_because: str
    notes: tuple[Note, ...]

    @property
    def complete(self) -> bool:
        """Whether the profile says all that the command says."""
        return all(note.kind is not Kind.LEFT_OUT for note in self.notes)


Read = Callable[[str], str]
"""Gives the text of a file that a command names."""


def from_words(words: Sequence[str], wishes: Wishes, read: Read, release: str = "") -> Adopted:
    """Adopt one command; raises NoLaunchError or ConfigError."""
    found = in_words(words)
    if found is None and len(words) == 1:
        return from_script(words[0], wishes, read, release)
    if found is None:
        msg = "no SGLang server is started by this command"
        raise NoLaunchError(msg)
    return _adopt(found, Script(), wishes, read, release)


def from_script(text: str, wishes: Wishes, read: Read, release: str = "") -> Adopted:
    """Adopt the first launch of a script; others are said."""
    launches, script = in_script(text)
    if not launches:
        msg = "no SGLang server is started in it"
        raise NoLaunchError(msg)
    adopted = _adopt(launches[0], script, wishes, read, release)
    others = [
        Note(Kind.LEFT_OUT, "another server is started here, and only the first is taken", one.line)
        for one in launches[1:]
    ]
    return replace(adopted, notes=(*adopted.notes, *others))


def from_config(text: str, wishes: Wishes, release: str = "") -> Adopted:
    """Adopt an SGLang `--config` file; raises ConfigError where the engine would end over it."""
    version = release or newest()
    words = config_words(load(version), text)
    return _adopt(Found(words, (), 0), Script(), wishes, lambda _: "", version)


def _adopt(found: Found, script: Script, wishes: Wishes, read: Read, release: str) -> Adopted:
    catalogue, because, words = _release(found, read, release)
    sure, unsure = known(catalogue, words)
    parsed = parse(catalogue, sure)
    placed = place(catalogue, parsed)
    if not any(one.option.name == "--model-path" for one in parsed.given):
        placed.notes.append(Note(Kind.LEFT_OUT, "no model is named: mend `model`"))
    sections, comments = document(catalogue, found, placed, wishes)
    comments[""] = f"Imported for SGLang {catalogue.version}: {because}."
    unknown = [note for word in _without_key(catalogue, words) for note in script.notes_in(word)]
    notes = (*script.broken, *unknown, *unsure, *found.notes, *placed.notes)
    return Adopted(
        profile=emit(sections, comments),
        release=catalogue.version,
        release_because=because,
        notes=tuple(dict.fromkeys(notes)),
    )


def _without_key(catalogue: Catalogue, words: Sequence[str]) -> list[str]:
    """Give the words whose values matter: where the key comes from is not asked."""
    return [
        word
        for group in groups(catalogue, words)
        if group.string != "--api-key"
        for word in (group.written, *group.words, *group.stray)
    ]


def _release(found: Found, read: Read, release: str) -> tuple[Catalogue, str, tuple[str, ...]]:
    """Choose the release: as asked, as named, or the newest that accepts the command."""
    if release:
        return _with(release, "as asked", found, read)
    if found.release in releases():
        return _with(found.release, found.named_by, found, read)
    for version in reversed(releases()):
        catalogue = load(version)
        try:
            words = merge(catalogue, found.words, read)
        except ConfigError:
            continue
        if parse(catalogue, known(catalogue, words)[0]).accepted:
            return catalogue, "the newest release that accepts the command", words
    return _with(newest(), "no known release accepts the command as it is", found, read)


def _with(
    version: str, because: str, found: Found, read: Read
) -> tuple[Catalogue, str, tuple[str, ...]]:
    catalogue = load(version)
    return catalogue, because, merge(catalogue, found.words, read)
