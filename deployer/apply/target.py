"""What verbs ask of a deployment, wherever it runs: one protocol, which each target's folder meets.

A target is a folder below ``deployer/apply`` whose module ``target`` is a :class:`Place`, and a
line in :data:`deployer.cli.target.TARGETS`; verbs ask by these protocols alone. What only one
target has, such as versions to go back to, a verb asks of that target's class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from deployer.apply.phases import OnEvent
    from deployer.diagnose.boot import Boot
    from deployer.release import Release
    from deployer.verify.endpoint import Endpoint


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


@dataclass(frozen=True, slots=True)
class Reached:
    """An endpoint, its release, and what keeps whether its promises were seen to hold."""

    endpoint: Endpoint
    release: Release
    remember: Callable[[bool], str]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who ends a deployment: ``agree`` raises where they say no, ``tell`` is what they hear.

    ``phases`` draws the phases of the block that it surrounds.
    """

    agree: Callable[[str], None]
    tell: Callable[[str], None]
    phases: Callable[[], AbstractContextManager[OnEvent]]


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a destroy, as a value for JSON and in words."""

    value: Mapping[str, object]
    lines: tuple[str, ...]


class Standing(Protocol):
    """How a deployment stands. Each target has more to tell."""

    @property
    def state(self) -> str:
        """Give it in a word."""

    @property
    def message(self) -> str:
        """Say what is wrong, or was told last."""

    @property
    def target(self) -> str:
        """Give the target's name, as a profile has it."""


class Target(Protocol):
    """A deployment. Each raises Failure for what is not there, and says how it is known."""

    @property
    def name(self) -> str:
        """Give the profile's name."""

    @property
    def target(self) -> str:
        """Give the target's name, as a profile has it."""

    @property
    def where(self) -> str:
        """Name the place in words: what is for it runs on it."""

    def lines(self, most: int, *, follow: bool) -> Iterator[str]:
        """Give the last lines of the engine's log, and with ``follow`` those that come."""

    def log(self, most: int) -> Log:
        """Give the log as a whole, or its last ``most`` lines where no more is to be had."""

    def starts(self, *, offline: bool) -> Starts:
        """Give the starts that came to serving; ``offline`` asks nobody."""

    def status(self, *, offline: bool) -> Standing:
        """Look how it stands; ``offline`` asks nobody, and says what is on record."""

    def reach(self, key_env: str | None, settle: Callable[[str], None]) -> Reached:
        """Find the way to its endpoint.

        ``settle`` is asked before the key is taken from a variable, and raises where it may not
        be; ``key_env`` is the variable that the user named.
        """

    def destroy(self, volumes: tuple[str, ...], asker: Asker) -> Ended:
        """End it, and delete these ``volumes``; raises UsageError for what is none of its own."""


class Place(Protocol):
    """A target: where deployments are found."""

    def names(self) -> Iterable[str]:
        """Give the names that are on record on this machine."""

    def on_record(self, given: str, environment: str, *, leftovers: bool) -> Target | None:
        """Give the deployment of a name that is on record on this machine; None for none.

        With an ``environment`` only what is in that one counts. With ``leftovers`` a name may also
        stand for what is left of a deployment. Raises UsageError where it stands for several.
        """

    def seen_here(self) -> tuple[Standing, ...]:
        """Look how all stands that is on this machine; of what is elsewhere nothing is said."""

    def of_release(self, release: Release) -> Target:
        """Give what a profile means that compiles to this release, deployed or not."""
