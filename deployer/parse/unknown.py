"""What is known of a flag that a release does not know: its past, its future, its neighbours."""

from __future__ import annotations

import difflib

from deployer.facts.sglang import history
from deployer.facts.sglang.catalogue import Catalogue
from deployer.facts.sglang.replacements import Advice, replacement
from deployer.facts.sglang.versions import release_key
from deployer.finding import Severity
from deployer.parse.foreign import FOREIGN
from deployer.parse.parsed import Fault
from deployer.parse.secrets import is_secret


def unknown(
    catalogue: Catalogue,
    string: str,
    position: int,
    values: tuple[str, ...] = (),
    *,
    alike: bool = True,
) -> Fault:
    """Say why the release does not know a flag, and what to write instead with these values.

    ``alike`` says whether to look for flags of nearly that name, which takes milliseconds.
    """
    kind, message, hint = _story(catalogue, string, values)
    if kind == "unknown-flag":
        hint = nearest(catalogue, string) if alike else _listed(catalogue)
    return Fault(kind, Severity.ERROR, position, string, message, hint)


def _story(catalogue: Catalogue, string: str, values: tuple[str, ...]) -> tuple[str, str, str]:
    version = catalogue.version
    before = [(born, gone) for born, gone in history.lifetimes(string) if _before(born, version)]
    after = [born for born, _ in history.lifetimes(string) if not _before(born, version)]
    if before:
        gone = before[-1][1]
        return (
            "removed-flag",
            f"`{string}` is gone since SGLang {gone}",
            instead(string, version, values),
        )
    if after:
        message = f"`{string}` comes only with SGLang {after[0]}, and this is {version}"
        return "future-flag", message, _earlier(catalogue, string, after[0], values)
    if (foreign := FOREIGN.get(string)) is not None:
        message = f"`{string}` is a flag of {foreign.engine}, and no SGLang release knows it"
        return "foreign-flag", message, foreign.instead
    return "unknown-flag", f"SGLang {version} has no flag `{string}`", ""


def instead(string: str, version: str, values: tuple[str, ...] = ()) -> str:
    """Say what to write instead of a flag that the release does not know, or not for long."""
    advice = _advice(string, version, values)
    if advice is None or not advice.write:
        why = f": {advice.why}" if advice is not None and advice.why else ""
        return f"take it out{why}"
    if advice.same:
        return f"write `{advice.write}` instead"
    return f"the nearest is `{advice.write}`" + (f": {advice.why}" if advice.why else "")


def successor_since(string: str, version: str) -> str:
    """Give the release that brought what replaces a flag; nothing where it is not known."""
    advice = _advice(string, version, ())
    return advice.since if advice is not None and advice.write else ""


def nearest(catalogue: Catalogue, string: str) -> str:
    """Name the flag that was probably meant."""
    known = catalogue.strings()
    near = difflib.get_close_matches(string, known, n=1, cutoff=0.7)
    if not near:
        words = set(string.strip("-").replace("_", "-").split("-"))
        ranked = sorted(known, key=lambda name: -_overlap(words, name))
        near = [name for name in ranked[:1] if _overlap(words, name) >= 0.6]  # noqa: PLR2004 - more than half of the words of both
    return f"did you mean `{near[0]}`?" if near else _listed(catalogue)


def _listed(catalogue: Catalogue) -> str:
    return f"`--help` of SGLang {catalogue.version} lists what there is"


def _overlap(words: set[str], name: str) -> float:
    other = set(name.strip("-").split("-"))
    return len(words & other) / len(words | other)


def _advice(string: str, version: str, values: tuple[str, ...]) -> Advice | None:
    """Ask about a flag with its values where they may be shown, else about the flag alone."""
    if not values or is_secret(string):
        return replacement(string, version)
    return replacement(string, version, values) or replacement(string, version)


def _earlier(catalogue: Catalogue, string: str, born: str, values: tuple[str, ...]) -> str:
    """Name what the release calls the same thing, if it is known."""
    advice = _advice(string, catalogue.version, values)
    if advice is not None and advice.write and advice.same:
        return f"in SGLang {catalogue.version} it is `{advice.write}`"
    return f"leave it out, or use SGLang {born} or later"


def _before(born: str, version: str) -> bool:
    return release_key(born) <= release_key(version)
