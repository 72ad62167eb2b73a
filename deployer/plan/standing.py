"""What was found out about the world before a plan: what is deployed, and what is done already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deployer.plan.cost import Estimate
from deployer.release import Release

DIGEST_LENGTH = 40
"""Digits of a release's digest that a deployment carries: Modal's tags are too short for all 64."""

DEPLOYED = "deployed"

Source = Literal["modal", "record", "nothing"]


@dataclass(frozen=True, slots=True)
class Deployed:
    """What is deployed, or was. ``release`` is None where its content cannot be read.

    ``digest`` is the first 40 digits of the release's, or '' where it has none. ``state`` is
    ``deployed`` or ``stopped``, ``when`` in seconds since the epoch, ``commit`` that of the
    profile's repository, and ``dirty`` if that had changes. ``file`` is the mark of the profile's
    file (:mod:`deployer.plan.file`), '' where it is not recorded. ``owed`` says that this version
    is to be verified, and was not seen to keep its promises yet: the deployment itself says so.
    ``version`` is 0 for an app that has none.
    """

    release: Release | None
    digest: str
    app: str
    environment: str
    version: int
    state: str
    who: str
    when: float
    commit: str
    dirty: bool
    url: str
    containers: int
    file: str = ""
    owed: bool = False

    @property
    def foreign(self) -> bool:
        """Whether it is up, and nothing in it says that deployer deployed it."""
        return self.state == DEPLOYED and not self.digest

    @property
    def words(self) -> str:
        """Its version, in words."""
        return f"version {self.version}" if self.version else "an app without a version"


@dataclass(frozen=True, slots=True)
class PhaseFact:
    """What was found out about one phase (``weights``, ``kernels``): done or not, and why.

    ``shape`` is the one that it is about, '' for all that there are.
    """

    phase: str
    done: bool
    reason: str
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand, and who says so.

    ``source`` is ``modal`` where Modal was asked, ``record`` where the last record of this machine
    was read, ``nothing`` where there is no record either.
    """

    source: Source
    deployed: Deployed | None
    facts: tuple[PhaseFact, ...]
    notes: tuple[str, ...]

    def fact(self, phase: str, shape: str = "") -> PhaseFact | None:
        """Give what was found out about a phase, or that of a shape; None where nobody looked."""
        asked = (phase, shape)
        return next((fact for fact in self.facts if (fact.phase, fact.shape) == asked), None)

    @property
    def offline(self) -> bool:
        """Whether the live state was not looked at."""
        return self.source != "modal"


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """One phase: if it runs, why or why not, and what it takes; None where nothing is known.

    ``shape`` is as in a :class:`PhaseFact`.
    """

    phase: str
    runs: bool
    reason: str
    cost: Estimate | None
    shape: str = ""
