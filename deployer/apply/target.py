"""What verbs ask of a deployment, wherever it runs: one protocol, which each target's folder meets.

`deployer.cli.target` finds which deployment a name or a profile means; `logs`, `diagnose` and
`timeline` ask it by this alone. What only one target has, such as versions to go back to, a verb
asks of that target's class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from deployer.diagnose.boot import Boot


@dataclass(frozen=True, slots=True)
class Log:
    """A log to be read to its end: what it is called, and its bytes, oldest first.

    ``end`` says of an end of the engine that nobody asked for, '' of none.
    """

    name: str
    blocks: Iterator[bytes]
    end: str = ""


@dataclass(frozen=True, slots=True)
class Starts:
    """The starts that are known; ``missed`` says why there may be more, '' where all were seen."""

    boots: tuple[Boot, ...]
    missed: str = ""


class Target(Protocol):
    """A deployment. Each raises Failure for what is not there, and says how it is known."""

    @property
    def name(self) -> str:
        """Give the profile's name."""

    def lines(self, most: int, *, follow: bool) -> Iterator[str]:
        """Give the last lines of the engine's log, and with ``follow`` those that come."""

    def log(self, most: int) -> Log:
        """Give the log as a whole, or its last ``most`` lines where no more is to be had."""

    def starts(self, *, offline: bool) -> Starts:
        """Give the starts that came to serving; ``offline`` asks nobody."""
