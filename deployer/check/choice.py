"""Which checks are asked for: `--select` and `--ignore`, by id or by the beginning of ids."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

_ALIKE = 0.75
"""The likeness from which an id may have been meant."""


class UnknownCheckError(LookupError):
    """An id, or a pattern of ids, that no check has; ``near`` are those that look like it."""

    def __init__(self, wrong: str, near: tuple[str, ...]) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.near = near


def chosen(
    select: Iterable[str], ignore: Iterable[str], known: Iterable[str]
) -> frozenset[str] | None:
    """Give the ids that remain; None where nothing was asked for, which is all of them.

    Each text holds ids or patterns (``startup-*``), separated by commas. Raises
    UnknownCheckError for one that fits none of ``known``.
    """
    wanted, unwanted = _ids(select), _ids(ignore)
    if not wanted and not unwanted:
        return None
    names = frozenset(known)
    kept = _fitting(wanted, names) if wanted else names
    return kept - _fitting(unwanted, names)


def near(wrong: str, known: Iterable[str]) -> tuple[str, ...]:
    """Give the ids that look like a wrong one, the likeliest first."""
    import difflib  # noqa: PLC0415 - slow to import, and seldom needed

    return tuple(difflib.get_close_matches(wrong.strip("*"), sorted(known), n=3, cutoff=_ALIKE))


def _ids(texts: Iterable[str]) -> tuple[str, ...]:
    found = (one.strip() for text in texts for one in text.split(","))
    return tuple(one for one in found if one)


def _fitting(patterns: Iterable[str], names: frozenset[str]) -> frozenset[str]:
    kept: set[str] = set()
    for pattern in patterns:
        fitting = {name for name in names if fnmatchcase(name, pattern)}
        if not fitting:
            raise UnknownCheckError(pattern, near(pattern, names))
        kept |= fitting
    return frozenset(kept)
