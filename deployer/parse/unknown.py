"""What is known of a flag that a release does not know: its past, its future, other engines.

Knowledge comes before likeness: a flag is called the slip of another one only where nothing is
known of it, and only where it is one (:mod:`deployer.slip`). Where nothing is known, nothing is
advised.
"""

from __future__ import annotations

from deployer import slip
from deployer.facts.foreign import DIFFUSION, FOREIGN, Foreign
from deployer.facts.sglang import history
from deployer.facts.sglang.catalogue import Catalogue
from deployer.facts.sglang.replacements import (
    ALONE,
    Advice,
    Beside,
    Words,
    accepts,
    gone,
    replacement,
    spell,
)
from deployer.facts.sglang.versions import release_key
from deployer.finding import Severity
from deployer.parse.parsed import Cure, Fault
from deployer.parse.secrets import is_secret
from deployer.parse.walk import Group


def unknown(
    catalogue: Catalogue,
    group: Group,
    values: tuple[str, ...] = (),
    *,
    beside: Beside = ALONE,
    alike: bool = True,
) -> Fault:
    """Say why the release does not know a flag, and what to write instead with these values.

    ``values`` are as they may be shown. ``beside`` is what else the command says. ``alike`` says
    whether to look for the flag that this is a slip of, which takes milliseconds.
    """
    string = group.name
    kind, message, hint = _story(catalogue, string, values, beside)
    if kind == "unknown-flag" and alike:
        hint = nearest(catalogue, string)
    mended = cure(catalogue, group, beside) if kind != "unknown-flag" else None
    return Fault(kind, Severity.ERROR, group.position, string, message, hint, cure=mended)


def cure(catalogue: Catalogue, group: Group, beside: Beside) -> Cure | None:
    """Give what says the same to the release, where that is known and means just the same."""
    if group.secret or group.misplaced:
        return None
    string, values = group.written.partition("=")[0], _values(group)
    end = group.position + 1 + len(group.words) + len(group.stray)
    lost = gone(string, values)
    if lost is not None and release_key(lost.since) <= release_key(catalogue.version):
        return Cure(group.position, end) if lost.harmless and not values else None
    foreign = FOREIGN.get(string) if not history.lifetimes(string) else None
    if foreign is not None:
        said = _of_foreign(catalogue, foreign, values)
        return None if said is None else Cure(group.position, end, said)
    said = spell(catalogue, string, values, beside)
    if said is None or said == ((string, values),) or not _taken(catalogue, said):
        return None
    return Cure(group.position, end, said)


def _of_foreign(
    catalogue: Catalogue, foreign: Foreign, values: tuple[str, ...]
) -> tuple[Words, ...] | None:
    if foreign.needless:
        return () if not values else None
    if not foreign.same:
        return None
    said = spell(catalogue, foreign.flag, values)
    return said if said and _taken(catalogue, said) else None


def _taken(catalogue: Catalogue, said: tuple[Words, ...]) -> bool:
    """Whether the release knows each flag, takes its choice, and has a value where it needs one."""
    return all(
        accepts(catalogue, flag, values)
        and (option := catalogue.find(flag)) is not None
        and (option.nargs == 0) == (not values)
        for flag, values in said
    )


def _values(group: Group) -> tuple[str, ...]:
    """Give the words that were meant as values; an unknown flag takes none, so they are stray."""
    return (*group.values, *group.stray)


def _story(
    catalogue: Catalogue, string: str, values: tuple[str, ...], beside: Beside
) -> tuple[str, str, str]:
    version = catalogue.version
    lives = history.lifetimes(string)
    before = [(born, gone) for born, gone in lives if _before(born, version)]
    after = [born for born, _ in lives if not _before(born, version)]
    if before:
        ended = before[-1][1]
        return (
            "removed-flag",
            f"`{string}` is gone since SGLang {ended}",
            instead(string, version, values, beside),
        )
    if after:
        message = f"`{string}` comes only with SGLang {after[0]}, and this is {version}"
        return "future-flag", message, _earlier(catalogue, string, after[0], values)
    if (foreign := FOREIGN.get(string)) is not None:
        message = f"`{string}` is a flag of {foreign.engine}, and no SGLang release knows it"
        return "foreign-flag", message, _foreign_hint(catalogue, foreign, values)
    if string in DIFFUSION:
        message = f"`{string}` is a flag of SGLang's diffusion server, not of this one"
        hint = (
            "`sglang serve` starts that one for a model of images or videos; it is not known here"
        )
        return "foreign-flag", message, hint
    return "unknown-flag", f"SGLang {version} has no flag `{string}`", ""


def _foreign_hint(catalogue: Catalogue, foreign: Foreign, values: tuple[str, ...]) -> str:
    """Say what the release has for it; nothing where it has nothing."""
    if foreign.needless:
        return f"leave it out: {foreign.why}"
    if foreign.same:
        said = spell(catalogue, foreign.flag, values)
        if said and _taken(catalogue, said):
            return f"write `{_shown(said)}`"
    if catalogue.find(foreign.flag) is None:
        return ""
    why = f": {foreign.why}" if foreign.why else ""
    return f"the nearest is `{foreign.flag}`{why}" if why else f"write `{foreign.flag}`"


def _shown(said: tuple[Words, ...]) -> str:
    return " ".join(word for flag, values in said for word in (flag, *values))


def instead(string: str, version: str, values: tuple[str, ...] = (), beside: Beside = ALONE) -> str:
    """Say what to write instead of a flag that the release does not know, or not for long.

    The empty text where nothing is known of what became of it.
    """
    advice = _advice(string, version, values, beside)
    if advice is None:
        return ""
    if not advice.write:
        return f"take it out: {advice.why}" if advice.why else "take it out"
    if advice.same:
        return f"write `{advice.write}` instead"
    return f"the nearest is `{advice.write}`" + (f": {advice.why}" if advice.why else "")


def successor_since(string: str, version: str) -> str:
    """Give the release that brought what replaces a flag; nothing where it is not known."""
    advice = _advice(string, version, (), ALONE)
    return advice.since if advice is not None and advice.write else ""


def nearest(catalogue: Catalogue, string: str) -> str:
    """Name the flag that this is a slip of; nothing where it is none."""
    near = slip.meant(string, catalogue.strings())
    return f"did you mean `{near}`?" if near else ""


def _advice(string: str, version: str, values: tuple[str, ...], beside: Beside) -> Advice | None:
    """Ask about a flag with its values where they may be shown, else about the flag alone."""
    if not values or is_secret(string):
        return replacement(string, version, None, beside)
    found = replacement(string, version, values, beside)
    return found or replacement(string, version, None, beside)


def _earlier(catalogue: Catalogue, string: str, born: str, values: tuple[str, ...]) -> str:
    """Name what the release calls the same thing, if it is known."""
    advice = _advice(string, catalogue.version, values, ALONE)
    if advice is not None and advice.write and advice.same:
        return f"in SGLang {catalogue.version} it is `{advice.write}`"
    return f"leave it out, or use SGLang {born} or later"


def _before(born: str, version: str) -> bool:
    return release_key(born) <= release_key(version)
