"""A plan: what a deployment would do and cost, as one value, reckoned from what was found out.

Nothing is looked up here. `apply` finds out how things stand; the same release, the same standing
and the same prices always give the same plan.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from deployer.errors import Failure
from deployer.facts.prices import Prices
from deployer.plan.cost import Cost, Estimate, Monthly, cost, monthly
from deployer.plan.diff import Diff, diff
from deployer.plan.keys import FOLLOWS, Written
from deployer.release import Release

DIGEST_LENGTH = 40
"""Digits of a release's digest that a deployment carries: Modal's tags are too short for all 64."""

Source = Literal["modal", "record", "nothing"]


@dataclass(frozen=True, slots=True)
class Deployed:
    """What is deployed, or was. ``release`` is None where its content cannot be read.

    ``digest`` is the first 40 digits of the release's, or '' where it is not known. ``state`` is
    ``deployed`` or ``stopped``, ``when`` in seconds since the epoch, ``commit`` that of the
    profile's repository, and ``dirty`` if that had changes.
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


@dataclass(frozen=True, slots=True)
class PhaseFact:
    """What was found out about one phase (``weights``, ``kernels``): done or not, and why."""

    phase: str
    done: bool
    reason: str


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


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """One phase: if it runs, why or why not, and what it takes; None where nothing is known."""

    phase: str
    runs: bool
    reason: str
    cost: Estimate | None
