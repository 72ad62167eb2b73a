"""What is known of a flag that a release does not know: its past, its future, its neighbours."""

from __future__ import annotations

import difflib

from deployer.facts.sglang import history
from deployer.facts.sglang.catalogue import Catalogue, load, releases
from deployer.facts.sglang.versions import release_key
from deployer.finding import Severity
from deployer.parse.foreign import FOREIGN
from deployer.parse.parsed import Fault


def unknown(catalogue: Catalogue, string: str, position: int) -> Fault:
    """Say why the release does not know a flag, and what to write instead."""
    kind, message, hint = _story(catalogue, string)
    return Fault(kind, Severity.ERROR, position, string, message, hint)


def _story(catalogue: Catalogue, string: str) -> tuple[str, str, str]:
    version = catalogue.version
    before = [(born, gone) for born, gone in history.lifetimes(string) if _before(born, version)]
    after = [born for born, _ in history.lifetimes(string) if not _before(born, version)]
    if before:
        gone = before[-1][1]
        return "removed-flag", f"`{string}` is gone since SGLang {gone}", instead(string, version)
    if after:
        message = f"`{string}` comes only with SGLang {after[0]}, and this is {version}"
        return "future-flag", message, _earlier(catalogue, string, after[0])
    if (foreign := FOREIGN.get(string)) is not None:
        message = f"`{string}` is a flag of {foreign.engine}, and no SGLang release knows it"
        return "foreign-flag", message, foreign.instead
    return "unknown-flag", f"SGLang {version} has no flag `{string}`", nearest(catalogue, string)


def instead(string: str, version: str) -> str:
    """Give what the last release that knew a flag said to write instead."""
    for release in reversed(releases()):
        option = load(release).find(string)
        if option is None:
            continue
        replaced = option.replaced_by or option.error
        if not replaced:
            return "there is no replacement: take it out"
        known = load(version).find(replaced.partition("=")[0].split()[0])
        return f"write `{replaced}` instead" if known else f"SGLang {release} says: {replaced}"
    return "take it out"


def nearest(catalogue: Catalogue, string: str) -> str:
    """Name the flag that was probably meant."""
    known = catalogue.strings()
    near = difflib.get_close_matches(string, known, n=1, cutoff=0.7)
    if not near:
        words = set(string.strip("-").replace("_", "-").split("-"))
        ranked = sorted(known, key=lambda name: -_overlap(words, name))
        near = [name for name in ranked[:1] if _overlap(words, name) >= 0.6]  # noqa: PLR2004 - more than half of the words of both
    if not near:
        return f"`--help` of SGLang {catalogue.version} lists what there is"
    return f"did you mean `{near[0]}`?"


def _overlap(words: set[str], name: str) -> float:
    other = set(name.strip("-").split("-"))
    return len(words & other) / len(words | other)


def _earlier(catalogue: Catalogue, string: str, born: str) -> str:
    """Name what the release calls the same thing: what gave way to this flag, if it is known."""
    for option in load(born):
        if option.replaced_by.partition("=")[0] == string and catalogue.find(option.name):
            return f"in SGLang {catalogue.version} it is `{option.name}`"
    return f"leave it out, or use SGLang {born} or later"


def _before(born: str, version: str) -> bool:
    return release_key(born) <= release_key(version)
