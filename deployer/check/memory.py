"""What fits into the GPUs of a profile, reckoned once for all checks."""

from __future__ import annotations

import functools

from deployer.behaviour.pool import AMISS
from deployer.check.same import Same
from deployer.check.stated import option
from deployer.compile.release import compile_profile
from deployer.facts.sglang.catalogue import find
from deployer.fit.fit import Fit, fit
from deployer.profile.model import Profile
from deployer.profile.source import Path

FRACTION = "--mem-fraction-static"
CAP = "--max-total-tokens"

HALF = 0.5
"""The share of the engine's own reserve that must be left. The boldest published recipe known here
(SGLang's cookbook, GLM-5.1 on 8 B200, 0.9 with EAGLE) leaves 58 per cent of it."""


def fit_of(profile: Profile) -> Fit | None:
    """Give what fits; None where the model, the GPU or the release is not known well enough."""
    return _fit(Same(profile))


def place(profile: Profile, flag: str, otherwise: Path = ("hardware", "gpu")) -> Path:
    """Give the key that states an option, or another where none does."""
    said = option(profile, flag)
    return otherwise if said is None else said.path


def too_large(found: Fit) -> bool:
    """Whether the weights leave no room for a pool, by more than the estimate may be wrong."""
    return found.budget < -AMISS


def leaves_no_room(found: Fit) -> bool:
    """Whether the stated fraction leaves far less than graphs and activations are known to take."""
    return found.stated and found.pool is not None and found.rest < HALF * found.own.reserved


@functools.lru_cache(maxsize=1)
def _fit(same: Same) -> Fit | None:
    if find(same.profile.engine.version) is None:
        return None
    found = fit(compile_profile(same.profile))
    return found if isinstance(found, Fit) else None
