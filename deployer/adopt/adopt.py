"""From a launch command, a script or a config file to a profile, and what it does not say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from deployer.adopt.emit import emit
from deployer.adopt.find import ANOTHER, Found, in_script, in_words
from deployer.adopt.note import Kind, Note
from deployer.adopt.place import known, place
from deployer.adopt.profile import document
from deployer.adopt.script import UNKNOWN, Script
from deployer.adopt.wishes import Wishes
from deployer.facts.sglang.catalogue import Catalogue, load, newest, releases
from deployer.parse.config import FLAG as CONFIG
from deployer.parse.config import ConfigError, config_path, config_words, merge
from deployer.parse.read import parse
from deployer.parse.walk import groups


class NoLaunchError(ValueError):
    """Nothing in what was given is a launch of an SGLang server; the message says why."""


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


Read = Callable[[str], str | None]
"""Gives the text of a file that a command names; None where there is no such file."""

WordsOf = Callable[[Catalogue], tuple[str, ...]]
"""Gives the words as one release would see them; raises ConfigError where it would end."""

MOST_WORDS = 2_000
"""Words of a launch that are read: every option of a release with a value is about a thousand."""

MOST_OTHERS = 8
"""Names of other commands that a note lists."""


def from_words(words: Sequence[str], wishes: Wishes, read: Read) -> Adopted:
    """Adopt one command; raises NoLaunchError or ConfigError."""
    found, script = in_words(words)
    if found is None and len(words) == 1:
        return from_script(words[0], wishes, read)
    if found is None:
        msg = "it is no launch of SGLang"
        raise NoLaunchError(msg)
    return _adopt(*_with_config(found, read), script, wishes)


def from_script(text: str, wishes: Wishes, read: Read) -> Adopted:
    """Adopt the first launch of a script; others are said."""
    launches, script = in_script(text)
    if not launches:
        msg = "no launch of SGLang was found in it"
        raise NoLaunchError(msg)
    adopted = _adopt(*_with_config(launches[0], read), script, wishes)
    notes = [Note(Kind.LEFT_OUT, ANOTHER, one.line) for one in launches[1:]]
    names = list(dict.fromkeys(UNKNOWN.sub("…", name) for name in script.others))
    if strange := [name for name in names if name.startswith("-") or name.endswith(":")]:
        text = (
            f"it does not read like a shell script, and these lines were not read: {_few(strange)}"
        )
        notes.append(Note(Kind.LEFT_OUT, text))
    if rest := [name for name in names if name not in strange]:
        text = f"the script's other commands are not kept: {_few(rest)}"
        notes.append(Note(Kind.MOVED, text))
    return replace(adopted, notes=(*adopted.notes, *notes))


def from_config(text: str, wishes: Wishes) -> Adopted:
    """Adopt an SGLang `--config` file; raises ConfigError where the engine would end over it."""
    found = Found((), (), 0)
    return _adopt(found, lambda catalogue: config_words(catalogue, text), Script(), wishes)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_OTHERS]) + (", …" if len(names) > MOST_OTHERS else "")


def _with_config(found: Found, read: Read) -> tuple[Found, WordsOf]:
    """Read the config file that a launch names once, for whichever release merges it."""
    path = config_path(found.words)
    text = read(path) if path is not None and not UNKNOWN.search(path) else None
    if path is None or text is not None:
        return found, lambda catalogue: merge(catalogue, found.words, lambda _: text or "")
    place = found.words.index(CONFIG)
    words = (*found.words[:place], *found.words[place + 2 :])
    shown = UNKNOWN.sub("…", path)
    note = Note(Kind.LEFT_OUT, f"the config file {shown} is not here, so it is not merged")
    return replace(found, words=words, notes=(*found.notes, note)), lambda _: words


def _adopt(found: Found, words_of: WordsOf, script: Script, wishes: Wishes) -> Adopted:
    version, because = _release(found, words_of, wishes)
    catalogue = load(version)
    words = _bounded(words_of(catalogue))
    sure, unsure = known(catalogue, words)
    parsed = parse(catalogue, sure)
    placed = place(catalogue, parsed)
    if found.release and found.release not in releases():
        text = f"{found.named_by}: that release is not known, only {releases()[0]} to {newest()}"
        placed.notes.append(Note(Kind.LEFT_OUT, text))
    if not any(one.option.name == "--model-path" for one in parsed.given):
        placed.notes.append(Note(Kind.LEFT_OUT, "no model is named: mend `model`"))
    sections, comments = document(catalogue, found, placed, wishes)
    comments[""] = f"Imported for SGLang {version}: {because}."
    unknown = [note for word in _without_key(catalogue, words) for note in script.notes_in(word)]
    notes = (*script.broken, *unknown, *unsure, *found.notes, *placed.notes)
    return Adopted(emit(sections, comments), version, because, tuple(dict.fromkeys(notes)))


def _unheard_of(catalogue: Catalogue, words: tuple[str, ...]) -> bool:
    """Whether a release has no such flag: told at once, without looking for the nearest."""
    return any(group.written and not group.candidates for group in groups(catalogue, words))


def _bounded(words: tuple[str, ...]) -> tuple[str, ...]:
    if len(words) > MOST_WORDS:
        msg = f"the launch has {len(words):,} words, and no more than {MOST_WORDS:,} are read"
        raise NoLaunchError(msg)
    return words


def _without_key(catalogue: Catalogue, words: Sequence[str]) -> list[str]:
    """Give the words whose values matter: where the key comes from is not asked."""
    return [
        word
        for group in groups(catalogue, words)
        if group.string != "--api-key"
        for word in (group.written, *group.words, *group.stray)
    ]


def _release(found: Found, words_of: WordsOf, wishes: Wishes) -> tuple[str, str]:
    """Choose the release, and say why: as asked, as named, or the newest that accepts it."""
    if wishes.release:
        return wishes.release, "as asked"
    if found.release in releases():
        return found.release, found.named_by
    for version in reversed(releases()):
        catalogue = load(version)
        try:
            words = _bounded(words_of(catalogue))
        except ConfigError:
            continue
        sure = known(catalogue, words)[0]
        if not _unheard_of(catalogue, sure) and parse(catalogue, sure).accepted:
            return version, "the newest release that accepts the command"
    return newest(), "no known release accepts the command as it is"
