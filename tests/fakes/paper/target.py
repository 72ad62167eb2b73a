"""Deployments on paper, as verbs ask for them: a folder of releases, one file for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from deployer.apply.target import Asker, Ended, Log, Reached, Starts
from deployer.diagnose.boot import Boot
from deployer.errors import UsageError
from deployer.release import Release
from deployer.verify.endpoint import Endpoint
from tests.diagnose.excerpts import SERVING

FOLDER = "PAPER_TARGET"
"""The variable that names the folder."""

URL = "PAPER_ENDPOINT"
"""The variable that says what answers in the place of a server."""

LINES = SERVING.splitlines()
"""What stands in every log: the words of an engine, for none runs."""


def file_of(name: str) -> Path:
    """Give where a deployment stands."""
    return Path(os.environ[FOLDER], f"{name}.json")


@dataclass(frozen=True, slots=True)
class Written:
    """How a deployment stands: written down, and no more."""

    name: str
    state: str
    message: str = ""
    target: ClassVar[str] = "paper"


@dataclass(frozen=True, slots=True)
class OnPaper:
    """A deployment, by its name."""

    name: str
    target: ClassVar[str] = "paper"
    where: ClassVar[str] = "paper"

    def lines(self, most: int, *, follow: bool) -> Iterator[str]:
        """Give the last of them."""
        del follow
        return iter(LINES[-most:])

    def log(self, most: int) -> Log:
        """Give those, as bytes."""
        told = self.lines(most, follow=False)
        return Log(f"the log of {self.name}", (f"{line}\n".encode() for line in told))

    def starts(self, *, offline: bool) -> Starts:
        """Give one start."""
        del offline
        return Starts((Boot("0a1b", "sglang 0.5.23", 1e9, 1.0, ()),))

    def status(self, *, offline: bool) -> Written:
        """Look for the file."""
        del offline
        there = file_of(self.name).exists()
        return Written(self.name, "written" if there else "dead", str(file_of(self.name)))

    def reach(self, key_env: str | None, settle: Callable[[str], None]) -> Reached:
        """Give what answers in its place."""
        release = Release.from_json(file_of(self.name).read_text(encoding="utf-8"))
        settle(key_env or release.listen.api_key_variable)
        return Reached(Endpoint(os.environ[URL], "", metrics=True), release, lambda _: "")

    def destroy(self, volumes: tuple[str, ...], asker: Asker) -> Ended:
        """Throw the file away, once that is agreed to."""
        if volumes:
            message = f"`{self.name}` has no volumes"
            raise UsageError(message)
        asker.agree(f"Throw {self.name} away?")
        with asker.phases():
            file_of(self.name).unlink()
        return Ended({"thrown_away": True}, (f"{self.name} is thrown away",))


def names() -> Iterator[str]:
    """Give the name of each file."""
    return (path.stem for path in sorted(Path(os.environ[FOLDER]).glob("*.json")))


def on_record(given: str, environment: str, *, leftovers: bool) -> OnPaper | None:
    """Give the deployment whose file is there."""
    del leftovers
    return OnPaper(given) if not environment and given in names() else None


def seen_here() -> tuple[Written, ...]:
    """Look at each file."""
    return tuple(OnPaper(name).status(offline=True) for name in names())


def of_release(release: Release) -> OnPaper:
    """Give what a profile means."""
    return OnPaper(release.name)
