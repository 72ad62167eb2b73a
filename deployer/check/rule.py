"""What a check is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from deployer.finding import Severity
from deployer.profile.model import Profile


@dataclass(frozen=True, slots=True)
class Problem:
    """One place at which a check fires: the YAML key path, what is wrong, what to do instead.

    ``hides_line`` keeps this one line, which may hold a secret, out of what is shown.
    """

    path: tuple[str | int, ...]
    message: str
    hint: str
    hides_line: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A check: the kebab-case name of the bad pattern, and the function that looks for it.

    The docstring of the module that it stands in says what it finds, why that hurts, what to
    write instead, and where this is known from. ``hides_line`` keeps the line itself, which may
    hold a secret, out of what is shown.
    """

    name: str
    severity: Severity
    find: Callable[[Profile], Iterator[Problem]]
    link: str = ""
    hides_line: bool = False
