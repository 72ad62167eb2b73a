"""From a launch command, a script or a config file to a profile, and what it does not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deployer.adopt.beside import with_marks, without_marks
from deployer.adopt.emit import emit
from deployer.adopt.find import Found, another, in_script, in_words
from deployer.adopt.note import Kind, Note
from deployer.adopt.place import Placed, Unsure, known, place
from deployer.adopt.profile import document
from deployer.adopt.script import ANY, UNKNOWN, Script
from deployer.adopt.surroundings import SIZES
from deployer.adopt.wishes import Wishes
from deployer.behaviour.kernel_need import unused
from deployer.check.run import load_checked
from deployer.check.wording import field_of_option
from deployer.compile.case import Case
from deployer.facts.foreign import DIFFUSION
from deployer.facts.sglang.catalogue import Catalogue, load, newest, releases
from deployer.finding import Severity
from deployer.late import compile_pattern
from deployer.parse.config import FLAG as CONFIG
from deployer.parse.config import ConfigError, config_path, config_words, merge
from deployer.parse.parsed import Parsed
from deployer.parse.read import parse
from deployer.parse.walk import groups


class NoLaunchError(ValueError):
    """Nothing in what was given is a launch of an SGLang server; the message says why."""


class OtherFileError(NoLaunchError):
    """It is something else, in which no launch is to be looked for; the message says what."""


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
        return all(note.kind not in {Kind.LEFT_OUT, Kind.TODO} for note in self.notes)


Read = Callable[[str], str | None]
"""Gives the text of a file that a command names; None where there is no such file."""

WordsOf = Callable[[Catalogue], tuple[str, ...]]
"""Gives the words as one release would see them; raises ConfigError where it would end."""

MOST_WORDS = 2_000
"""Words of a launch that are read: every option of a release with a value is about a thousand."""

CACHE = "/dg-cache"
"""Where a volume for kernels is mounted that the source does not name."""

SERVE = "sglang serve"
STRANGE = compile_pattern(r"[\w-]+:")
"""Keys of YAML, which are no commands."""

SIZED = compile_pattern(r"--(tp|dp|pp|tensor|data|pipeline|attn|attention)")
"""How the flags of parallel sizes begin."""

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
    return _adopt(*_with_config(found, read, {}), script, wishes)


def from_script(text: str, wishes: Wishes, read: Read) -> Adopted:
    """Adopt a launch of a shell script; others are said."""
    launches, script = in_script(text, dict(wishes.variables))
    return from_launches(launches, script, wishes, read)


def from_launches(launches: Sequence[Found], script: Script, wishes: Wishes, read: Read) -> Adopted:
    """Adopt one of the launches that stand in a file; raises NoLaunchError or ConfigError."""
    if not launches:
        msg = "no launch of SGLang or vLLM was found in it"
        raise NoLaunchError(msg)
    if wishes.take > len(launches):
        msg = f"it starts {len(launches)} server(s), so there is no launch {wishes.take}"
        raise NoLaunchError(msg)
    taken = launches[wishes.take - 1]
    around = replace(taken.around, repos=(*taken.around.repos, *script.repos))
    found = replace(taken, around=around)
    adopted = _adopt(*_with_config(found, read, script.written), script, wishes)
    notes = [another(one) for one in launches if one is not taken]
    names = list(dict.fromkeys(UNKNOWN.sub("…", name) for name in script.others))
    if strange := [name for name in names if name.startswith("-") or STRANGE.fullmatch(name)]:
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


def _with_config(found: Found, read: Read, written: Mapping[str, str]) -> tuple[Found, WordsOf]:
    """Read the config file that a launch names once, for whichever release merges it.

    ``written`` are the files that the source itself writes.
    """
    path = config_path(found.words)
    text = None if path is None else written.get(path)
    if path is not None and text is None and not UNKNOWN.search(path):
        text = read(path)
    if path is None or text is not None:
        plain = without_marks(text or "")
        return found, lambda catalogue: tuple(
            map(with_marks, merge(catalogue, found.words, lambda _: plain))
        )
    place = found.words.index(CONFIG)
    words = (*found.words[:place], *found.words[place + 2 :])
    shown = UNKNOWN.sub("…", path)
    ask = Note(
        Kind.TODO,
        f"which flags stand in {shown}? It is not here, so it is not merged.",
        path="engine.args",
    )
    return replace(found, words=words, notes=(*found.notes, ask)), lambda _: words


def _adopt(found: Found, words_of: WordsOf, script: Script, wishes: Wishes) -> Adopted:
    version, because = _release(found, words_of, wishes, script)
    catalogue = load(version)
    words = _bounded(words_of(catalogue))
    sure, unsure = known(catalogue, words, script.unknowns)
    parsed = parse(catalogue, sure)
    flags = {word.partition("=")[0] for word in words}
    if found.entry == SERVE and (other := sorted(DIFFUSION & flags)):
        msg = f"`{other[0]}` starts a server of images or videos, which no profile describes"
        raise OtherFileError(msg)
    placed = place(catalogue, parsed)
    if found.translated:
        _ask_refused(catalogue, sure, parsed, placed)
    _ask(catalogue, unsure, parsed, script, placed)
    if found.release and found.release not in releases():
        text = f"{found.named_by}: that release is not known, only {releases()[0]} to {newest()}"
        placed.notes.append(Note(Kind.ASSUMED, text))
    for note in found.notes:
        if note.kind is Kind.TODO:
            placed.ask(note.path, note.text)
    sections, comments = document(catalogue, found, placed, wishes)
    comments[""] = f"Imported for SGLang {version}: {because}."
    profile = _settled(sections, comments, placed)
    asked = [Note(Kind.TODO, text, path=path) for path, text in placed.todos.items()]
    said = [note for note in found.notes if note.kind is not Kind.TODO]
    notes = (*asked, *script.broken, *said, *placed.notes)
    return Adopted(profile, version, because, tuple(dict.fromkeys(notes)))


def _settled(sections: dict[str, Any], comments: dict[str, str], placed: Placed) -> str:
    """Write the profile, with what follows from it as a whole.

    A volume for kernels where the model is known to take them, and a question for each thing that
    `check` refuses: the source says it, so only its author can mend it.
    """
    text = emit(sections, comments, placed.todos)
    loaded, findings = load_checked(text, "profile")
    modal = sections.get("modal")
    if loaded.profile is not None and modal is not None:
        case = Case(loaded.profile)
        config = case.resolved.model_config
        if "kernel_cache" in modal or any(one["path"] == CACHE for one in modal.get("volumes", ())):
            comments.pop("modal.weights", None)
        elif config is not None and not unused(case.release, config):
            modal["kernel_cache"] = {"volume": f"{sections['name']}-kernels", "path": CACHE}
            comments.pop("modal.weights", None)
        elif config is not None:
            comments.pop("modal.weights", None)
    asked = {path.partition(".")[0] for path in placed.todos}
    refused: dict[str, str] = {}
    for one in findings:
        if (
            one.severity is Severity.ERROR
            and one.path.partition(".")[0] not in asked
            and not one.allowed
        ):
            refused[one.path] = f"`check` refuses this: {one.message}; {one.hint}".rstrip("; ")
    placed.notes += [Note(Kind.REFUSED, text, path=path) for path, text in refused.items()]
    return emit(sections, comments, refused | placed.todos)


def _ask_refused(
    catalogue: Catalogue, words: Sequence[str], parsed: Parsed, placed: Placed
) -> None:
    """Ask for what another engine's value is in SGLang, where no table says it."""
    for fault in parsed.faults:
        near = words[max(fault.position - 1, 0) : fault.position + 1]  # the flag, or its value
        options = [catalogue.find(word.partition("=")[0]) for word in near]
        option = next((one for one in reversed(options) if one is not None), None)
        missing = fault.kind == "required-missing"  # it is asked for by what it would hold
        if fault.severity is not Severity.ERROR or option is None or missing:
            continue
        path = field_of_option(catalogue.version, option.name)
        placed.ask(
            path or f"engine.args.{option.name.removeprefix('--')}",
            f"what is it in SGLang? {fault.message}",
        )
        placed.notes[:] = [note for note in placed.notes if fault.message not in note.text]


def _ask(
    catalogue: Catalogue, unsure: Sequence[Unsure], parsed: Parsed, script: Script, placed: Placed
) -> None:
    """Ask for the values that are not known, each where it would stand."""
    given = {one.option.name for one in parsed.given}
    refused = {
        fault.flag: fault.message
        for fault in parsed.faults
        if fault.severity is Severity.ERROR and fault.flag in {*SIZES, "--host", "--port"}
    }
    for option in refused.keys() & placed.values.keys():  # the last one counts, which is right
        del refused[option]
    for option, message in refused.items():
        path = field_of_option(catalogue.version, option) or f"engine.args.{option[2:]}"
        placed.ask(path, f"what is `{option}`? {message}")
    placed.unsure = (frozenset(one.option for one in unsure if one.option) - given) | {*refused}
    for name in ("--model-path", "--served-model-name"):
        placed.reasons[name] = _reasons(script, (str(placed.values.get(name, "")),))
    further: list[str] = []
    for one in unsure:
        why = _reasons(script, one.words)
        if not one.option:
            placed.open = True
            placed.open_sizes = placed.open_sizes or _may_size(script, one.words)
            further.append(why)
        elif one.option in placed.unsure:
            path = field_of_option(catalogue.version, one.option)
            path = path or f"engine.args.{one.option.removeprefix('--')}"
            placed.ask(path, f"what is `{one.option}`? {why}")
    if further:
        placed.ask("engine.args", "\n".join(f"are there further flags? {why}" for why in further))
    if placed.open_sizes and not any(name in given for name in SIZES):
        placed.ask(
            "parallel.tp", "over how many GPUs is a layer divided? The flags are not all known."
        )
    else:
        placed.open_sizes = False


def _may_size(script: Script, words: Sequence[str]) -> bool:
    """Whether words that are not known may hold parallel sizes."""
    for word in words:
        flags = script.unknowns.flags_in(word)
        if any(flag == ANY or SIZED.match(flag) for flag in flags):
            return True
        if not flags and not script.unknowns.choices_in(word):
            return True
    return False


def _reasons(script: Script, words: Sequence[str]) -> str:
    """Say why words are not known, with the lines."""
    notes = [note for word in words for note in script.unknowns.notes_in(word)]
    return "; ".join(
        dict.fromkeys(
            f"{note.text} (line {note.line})" if note.line else note.text for note in notes
        )
    )


def _unheard_of(catalogue: Catalogue, words: tuple[str, ...]) -> bool:
    """Whether a release has no such flag: told at once, without looking for the nearest."""
    return any(group.written and not group.candidates for group in groups(catalogue, words))


def _bounded(words: tuple[str, ...]) -> tuple[str, ...]:
    if len(words) > MOST_WORDS:
        msg = f"the launch has {len(words):,} words, and no more than {MOST_WORDS:,} are read"
        raise NoLaunchError(msg)
    return words


def _release(found: Found, words_of: WordsOf, wishes: Wishes, script: Script) -> tuple[str, str]:
    """Choose the release, and say why: as asked, as named, or the newest that accepts it."""
    if wishes.release:
        return wishes.release, "as asked"
    if found.release in releases():
        return found.release, found.named_by
    faults: dict[str, int] = {}
    for version in reversed(releases()):
        catalogue = load(version)
        try:
            words = _bounded(words_of(catalogue))
        except ConfigError:
            continue
        sure = known(catalogue, words, script.unknowns)[0]
        if not _unheard_of(catalogue, sure) and parse(catalogue, sure).accepted:
            return version, "the newest release that accepts the command"
        faults[version] = sum(
            one.severity is Severity.ERROR for one in parse(catalogue, sure).faults
        )
    nearest = min(faults, key=faults.__getitem__, default=newest())
    return nearest, "no known release accepts the command as it is, and this one the most of it"
