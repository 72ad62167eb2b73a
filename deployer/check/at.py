"""Checks that are one place and two sentences: where to look, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from deployer.behaviour.stated import Setting
from deployer.behaviour.subject import Decision
from deployer.check.rule import Problem
from deployer.compile.case import Case
from deployer.profile.source import Path

PlaceT = TypeVar("PlaceT", Setting, Decision[str])


def at(
    where: Path | Callable[[Case], Setting | Decision[str] | None],
    message: str,
    hint: str,
    *,
    when: Callable[[Case], object] = lambda _: True,
) -> Callable[[Case], Iterator[Problem]]:
    """Make what looks in one place: a key, or what is stated or decided, None where nothing is.

    ``{value}`` in the message is what stands there. ``when`` tells whether it is wrong, by itself
    always.
    """

    def find(case: Case) -> Iterator[Problem]:
        found = where if isinstance(where, tuple) else where(case)
        if found is None or not when(case):
            return
        if isinstance(found, tuple):
            yield Problem(found, message, hint)
        else:
            yield Problem(found.path, message.replace("{value}", found.value or ""), hint)

    return find


def one_of(found: PlaceT | None, *values: str) -> PlaceT | None:
    """Give what was found where its value is one of these, else None."""
    return found if found is not None and found.value in values else None


def drafting(case: Case) -> Decision[str] | None:
    """Give the speculation with the model's own draft or the checkpoint's; None for none."""
    return case.resolved.eagle if case.resolved.eagle.value else None
