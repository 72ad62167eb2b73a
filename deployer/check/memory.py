"""What fits into the GPUs of a profile, reckoned once for all checks."""

from __future__ import annotations

from dataclasses import replace

from deployer.behaviour.pool import AMISS
from deployer.behaviour.unknown import NoEstimate
from deployer.compile.case import Case
from deployer.facts.sglang.catalogue import find
from deployer.fit.fit import Fit, fit
from deployer.profile.source import Path
from deployer.release import Release

FRACTION = "--mem-fraction-static"
CAP = "--max-total-tokens"

BESIDE = ("--speculative-", "--enable-lora", "--lora-", "--max-lora")
"""How the flags begin of what takes memory beside the model, and none from it."""

HALF = 0.5
"""The share of the engine's own reserve that must be left. The boldest published recipe known here
(SGLang's cookbook, GLM-5.1 on 8 B200, 0.9 with EAGLE) leaves 58 per cent of it."""


def fit_of(case: Case) -> Fit | None:
    """Give what fits; None where the model, the GPU or the release is not known well enough."""
    found = estimate(case)
    return found if isinstance(found, Fit) else None


def estimate(case: Case) -> Fit | NoEstimate:
    """Give what fits, or why that is not known."""
    return case.once(_estimate)


def _estimate(case: Case) -> Fit | NoEstimate:
    return _of(case, case.release)


def _of(case: Case, release: Release) -> Fit | NoEstimate:
    version = release.engine.version
    if find(version) is None:
        return NoEstimate(f"how SGLang {version} divides memory is not known here")
    return fit(release, checkpoint=case.resolved.subject.checkpoints.model)


def at_least(case: Case) -> Fit | None:
    """Give what fits of the model alone, where what is loaded beside it cannot be reckoned.

    Its weights are a lower bound then, and the pool an upper one. None where there is no number
    for the model either, or nothing is loaded beside it.
    """
    release = case.release
    kept = tuple(a for a in release.arguments if not a.flag.startswith(BESIDE))
    if len(kept) == len(release.arguments):
        return None
    found = _of(case, replace(release, arguments=kept))
    return found if isinstance(found, Fit) else None


def place(case: Case, flag: str) -> Path:
    """Give the key that states an option, or that of the GPU where none does."""
    said = case.said.option(flag)
    return ("hardware", "gpu") if said is None else said.path


def too_large(found: Fit) -> bool:
    """Whether the weights leave no room for a pool, by more than the estimate may be wrong."""
    return found.budget < -AMISS


def leaves_no_room(found: Fit) -> bool:
    """Whether the stated fraction leaves far less than graphs and activations are known to take."""
    return found.stated and found.pool is not None and found.rest < HALF * found.own.reserved
