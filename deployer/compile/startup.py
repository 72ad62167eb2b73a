"""How long a start may take where the profile does not say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from deployer.compile.derive import STARTUP, warmup_kinds
from deployer.facts.gpus import GIB
from deployer.facts.sglang.loaders import NOTHING, is_mapped, speed

if TYPE_CHECKING:
    from deployer.profile.model import Profile

LONGEST = 4 * 3600
"""Seconds that a start may take: an hour more than the longest that Modal's examples allow."""

STEP = 100
"""Seconds to which what is reckoned is rounded up."""


def with_startup(profile: Profile, gib: float | None) -> Profile:
    """Fill in ``lifecycle.startup_timeout`` where it is left out.

    ``gib`` is the size of the weights, None where nobody knows it. On Modal, twice the time of
    reading them at the slowest speed that is published (the fastest, where no slowest is), for
    kernels and graphs come on top; never less than :data:`STARTUP`, nor more than the profile
    gives its containers, or :data:`LONGEST`.
    """
    if profile.lifecycle.startup_timeout is not None:
        return profile
    seconds = STARTUP
    if profile.modal is not None and gib is not None and profile.model.load_format != NOTHING:
        mapped = is_mapped(f"--{name}" for name in profile.engine.args)
        found = speed(profile.model.load_format or "", mapped=mapped)
        reading = gib * GIB / (found.slowest or found.fastest)
        wanted = min(math.ceil(2 * reading / STEP) * STEP, LONGEST, _room(profile))
        seconds = max(STARTUP, float(wanted))
    life = profile.lifecycle.model_copy(update={"startup_timeout": seconds})
    return profile.model_copy(update={"lifecycle": life})


def _room(profile: Profile) -> float:
    """Give what a container's stated budget leaves beside the warm-up."""
    stated = profile.modal.startup_timeout if profile.modal is not None else None
    if stated is None:
        return math.inf
    return stated - profile.lifecycle.warmup_timeout * len(warmup_kinds(profile))
