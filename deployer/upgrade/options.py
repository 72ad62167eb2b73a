"""What becomes of the engine's options: typed values and the entries of `engine.args`."""

from __future__ import annotations

from collections.abc import Container

from deployer.compile.arguments import extra_values, word, words_for
from deployer.compile.derive import derived_fields
from deployer.facts.sglang.replacements import ANY, Words, canonical, gone, spell
from deployer.facts.sglang.versions import release_key
from deployer.parse.secrets import is_secret
from deployer.profile.fields import flagged_fields
from deployer.profile.flag import Flag
from deployer.profile.source import Path, format_path
from deployer.secret import HIDDEN, masked
from deployer.upgrade.draft import Draft
from deployer.upgrade.notes import Kind

ARGS: Path = ("engine", "args")

Home = tuple[str, str, object]
"""Section, field and value of a typed field."""


def migrate_fields(draft: Draft, only: Container[str] | None = None) -> None:
    """Give typed values the names that the new release has for them, of ``only``, if given."""
    beside = _stated(draft)
    for section, name, flag in flagged_fields():
        path: Path = (section, name)
        if only is not None and format_path(path) not in only:
            continue
        stated = getattr(getattr(draft.profile, section), name, None)
        if not draft.doc.source.written(path) or (words := words_for(flag, stated)) is None:
            continue
        said = spell(draft.new, *words, beside)
        if said is None:
            _leave(draft, path, str(stated), words)
        elif isinstance(stated, str) and (value := _other_value(flag, stated, said)):
            could = draft.change_value(path, value)
            kind, why = (Kind.REWRITTEN, "") if could else (Kind.LEFT, "it cannot be edited here")
            draft.note(kind, path, stated, value, why)
        elif (lost := gone(*words)) is not None and _is_past(draft, lost.since):
            draft.note(Kind.DEPRECATED, path, str(stated), lost.instead, lost.why)


def migrate_args(draft: Draft, only: Container[str] | None = None) -> None:
    """Give the entries of `engine.args` the names, values and places that they have now.

    Those of ``only``, if given: something is wrong with each of them, and one that is wrong by
    standing here, where a typed field says the same, is moved there.
    """
    beside = _stated(draft)
    for name, value in draft.profile.engine.args.items():
        path = (*ARGS, name)
        here = draft.doc.source.written(path)
        if not here or (only is not None and format_path(path) not in only):
            continue
        flag = _whole_name(draft, f"--{name}")
        words = (flag, extra_values(value))
        said = spell(draft.new, *words, beside)
        lost = gone(*words)
        if lost is not None and _is_past(draft, lost.since):
            if not (lost.harmless and draft.comment_out(path)):
                _leave(draft, path, _shown(words), words)
            else:
                draft.note(Kind.COMMENTED, path, _shown(words), why=f"{lost.why} ({lost.since})")
        elif said is None:
            _leave(draft, path, _shown(words), words)
        elif said != ((f"--{name}", words[1]),):
            _rewrite(draft, path, value, words, said)
        elif only is not None and not is_secret(flag) and _homes(draft, value, words, ()):
            _rewrite(draft, path, value, words, ())


def _rewrite(
    draft: Draft, path: Path, value: object, words: Words, said: tuple[Words, ...]
) -> None:
    homes = _homes(draft, value, words, said)
    if homes and draft.move(path, homes):
        there = ", ".join(f"{s}.{f}: {_yaml(v)}" for s, f, v in homes)
        draft.note(Kind.MOVED, path, _shown(words), there, _why(said))
        return
    if not homes and said and _reshaped(draft, path, value, words, said):
        draft.note(Kind.REWRITTEN, path, _shown(words), " ".join(_shown(one) for one in said))
        return
    where = " and ".join(f"`{section}.{field}`" for section, field, _ in homes)
    why = f"{where} says it already, or would not take it" if homes else "it cannot be edited here"
    draft.note(Kind.LEFT, path, _shown(words), " ".join(_shown(one) for one in said), why)


def _reshaped(
    draft: Draft, path: Path, value: object, words: Words, said: tuple[Words, ...]
) -> bool:
    """Write the new words into `engine.args`."""
    (first, given), *more = said
    name = first.removeprefix("--")
    if not more and given == words[1]:
        return draft.rename_key(path, name)
    if isinstance(value, list):
        return False
    entries = [(flag.removeprefix("--"), _entry(values)) for flag, values in said]
    return all(entry is not None for _, entry in entries) and draft.reshape(path, entries)


def _entry(values: tuple[str, ...]) -> object:
    """Give the value of an entry of `engine.args` for the values of a flag: none is a switch."""
    if not values:
        return True
    return values[0] if len(values) == 1 else None


def _homes(draft: Draft, value: object, words: Words, said: tuple[Words, ...]) -> list[Home]:
    """Give the typed fields that say this, where they say all of it."""
    own = _home(canonical(draft.new, words[0]), value)
    if own is not None:
        return [own]
    each = [_home(flag, _back(value, words, values)) for flag, values in said]
    found = [home for home in each if home is not None]
    return found if said and len(found) == len(said) else []


def _back(value: object, words: Words, values: tuple[str, ...]) -> object:
    """Give a value as the file has it, where it has not changed."""
    if values == words[1]:
        return value
    return values[0] if len(values) == 1 else True


def _home(flag: str, value: object) -> Home | None:
    for section, name, field in flagged_fields():
        if flag == field.off:
            return section, name, False
        if flag == field.name:
            return section, name, not field.inverted if value is True else value
    return None


def _other_value(flag: Flag, stated: str, said: tuple[Words, ...]) -> str:
    """Give the new name of a typed value; nothing where it keeps its own."""
    if len(said) != 1 or len(said[0][1]) != 1:
        return ""
    value = said[0][1][0]
    return value if flag.name == said[0][0] and value != word(stated) else ""


def _stated(draft: Draft) -> dict[str, tuple[str, ...]]:
    """Give everything that the profile states, or that follows from it, as flags with values."""
    derived = derived_fields(draft.profile)
    fields = (
        words_for(
            flag,
            derived.get(f"{section}.{name}", (None, ""))[0]
            or getattr(getattr(draft.profile, section), name, None),
        )
        for section, name, flag in flagged_fields()
    )
    args = ((f"--{n}", extra_values(v)) for n, v in draft.profile.engine.args.items())
    return dict([*(words for words in fields if words), *args])


def _whole_name(draft: Draft, flag: str) -> str:
    """Give the flag that an abbreviation stands for: to the old release, or else to the new."""
    catalogues = [catalogue for catalogue in (draft.old, draft.new) if catalogue is not None]
    if any(catalogue.find(flag) for catalogue in catalogues) or gone(flag):
        return flag
    if spell(draft.new, flag) is not None or spell(draft.new, flag, ANY) is not None:
        return flag
    for catalogue in catalogues:
        near = catalogue.beginning_with(flag)
        if len(near) == 1:
            return near[0]
    return flag


def _is_past(draft: Draft, since: str) -> bool:
    return release_key(since) <= release_key(draft.new.version)


def _leave(draft: Draft, path: Path, shown: str, words: Words) -> None:
    lost = gone(*words)
    why = f"SGLang {draft.new.version} has nothing that says it"
    if lost is not None and _is_past(draft, lost.since):
        why = f"{lost.why} (from {lost.since} on)"
        why += f"; the nearest is `{lost.instead}`" if lost.instead else ""
    elif draft.new.find(words[0]) is not None:
        why = f"SGLang {draft.new.version} does not know the value"
    draft.note(Kind.LEFT, path, shown, why=why)


def _shown(words: Words) -> str:
    """Write words for a reader, who must not see a secret."""
    flag, values = words
    told = (HIDDEN,) if is_secret(flag) else map(masked, values)
    return " ".join((flag, *told))


def _yaml(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _why(said: tuple[Words, ...]) -> str:
    return f"it is {' '.join(f'`{_shown(one)}`' for one in said)} now" if said else ""
