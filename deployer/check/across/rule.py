"""What a check between profiles is made of."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from deployer.check.across.identity import Identity
from deployer.check.rule import Problem
from deployer.finding import Severity


@dataclass(frozen=True, slots=True)
class Across:
    """A check of one profile against the others beside it: its name, and the function that looks.

    ``taken`` says what of a profile must be its own, nothing where it has none: ``find`` is given
    the profile and one other that takes the same; problems are placed in the
    profile's own file. The module's docstring is its page, as with
    :class:`~deployer.check.rule.Rule`; its examples hold several files, each a YAML document that
    begins with a comment of its name.
    """

    name: str
    severity: Severity
    taken: Callable[[Identity], Hashable]
    find: Callable[[Identity, Identity], Iterator[Problem]]
    link: str
