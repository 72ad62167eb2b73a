"""An argument list with its safe cures in it (:class:`deployer.parse.parsed.Cure`)."""

from __future__ import annotations

from collections.abc import Sequence

from deployer.facts.sglang.catalogue import Catalogue
from deployer.parse.parsed import Cure, Fault
from deployer.parse.read import parse

ROUNDS = 8
"""Times that a list is read again: a cure may have a newer spelling of its own."""


def mended(catalogue: Catalogue, words: Sequence[str]) -> tuple[str, ...]:
    """Write every cure into a list; what somebody must decide stays as it is.

    A cure counts only if the list has fewer faults with it. Nothing changes the second time.
    """
    found = tuple(words)
    for _ in range(ROUNDS):
        better = _once(catalogue, found)
        if better == found:
            break
        found = better
    return found


def _once(catalogue: Catalogue, words: tuple[str, ...]) -> tuple[str, ...]:
    faults = parse(catalogue, words).faults
    cures = _apart(faults)
    together = _with(words, cures)
    if len(parse(catalogue, together).faults) <= len(faults) - len(cures):
        return together
    for cure in cures:
        alone = _with(words, [cure])
        if len(parse(catalogue, alone).faults) < len(faults):
            return alone
    return words


def _apart(faults: Sequence[Fault]) -> list[Cure]:
    """Give the cures, each once, of which no two are about the same words."""
    found: list[Cure] = []
    for cure in sorted({one.cure for one in faults if one.cure}, key=lambda one: one.start):
        if not found or found[-1].end <= cure.start:
            found.append(cure)
    return found


def _with(words: tuple[str, ...], cures: Sequence[Cure]) -> tuple[str, ...]:
    for cure in reversed(cures):
        said = tuple(word for flag, values in cure.said for word in (flag, *values))
        words = (*words[: cure.start], *said, *words[cure.end :])
    return words
