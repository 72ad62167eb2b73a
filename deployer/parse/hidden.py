"""Which words of a whole list may be a secret, right or misplaced.

A key is hidden behind its flag, behind a flag that is only meant (`--api-keyy`), and where it was
taken for something else: `--api-key --x7f` is a flag without a value and an unknown flag.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from deployer.facts.sglang.catalogue import Catalogue
from deployer.parse.secrets import NAMED, is_secret, shown_alone
from deployer.parse.walk import Group
from deployer.release import NEGATIVE
from deployer.secret import HIDDEN


def marked(catalogue: Catalogue, groups: Iterable[Group]) -> Iterator[Group]:
    """Mark the groups of a list that hold a secret, or are one."""
    waits = False  # for the value of a secret flag that has none yet
    for group in groups:
        taken = waits and not _is_flag(group)
        own = bool(group.written) and _names_secret(catalogue, group)
        yield replace(group, secret=own or taken, misplaced=taken)
        waits = own and group.explicit is None and not group.words and not group.stray


def told(group: Group) -> tuple[str, ...]:
    """Give all words of a group as they may be shown."""
    return (*((_told_first(group),) if group.written else ()), *told_values(group))


def told_values(group: Group) -> tuple[str, ...]:
    """Give the words behind the first as they may be shown."""
    words = (*group.words, *group.stray)
    if group.secret:
        return tuple(word if word == "--" else HIDDEN for word in words)
    return tuple(_told_values(words))


def _told_values(words: Iterable[str]) -> Iterator[str]:
    """Hide what stands behind a dash: after `--` even a flag with its key is but a value."""
    dashed = False
    for word in words:
        if word == "--" or not word.startswith("-") or NEGATIVE.fullmatch(word):
            yield HIDDEN if dashed and word != "--" else shown_alone(word)
            continue
        name, equals, _ = word.partition("=")
        alone = f"{name}={HIDDEN}" if equals else word
        yield HIDDEN if dashed else shown_alone(alone)
        dashed = True


def hidden(groups: Iterable[Group]) -> frozenset[str]:
    """Give the texts that no message may hold."""
    return frozenset(
        text
        for group in groups
        if group.secret
        for text in (
            *group.words,
            *group.stray,
            group.explicit or "",
            group.written if group.misplaced else "",
        )
        if text not in {"", "--"}
    )


def _is_flag(group: Group) -> bool:
    """Whether the first word is meant as a flag for certain."""
    return group.written == "-h" or (group.written.startswith("--") and bool(group.string))


def _names_secret(catalogue: Catalogue, group: Group) -> bool:
    if catalogue.find(group.string) is not None:
        return is_secret(group.string)
    likely = NAMED.search(group.written.partition("=")[0]) is not None
    return likely or any(is_secret(string) for string in group.candidates)


def _told_first(group: Group) -> str:
    if group.misplaced:
        return HIDDEN
    name, equals, _ = group.written.partition("=")
    return f"{name}={HIDDEN}" if group.secret and equals else shown_alone(group.written)
