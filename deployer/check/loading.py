"""How long the weights of a model take to read, from what is known of model and volume."""

from __future__ import annotations

from dataclasses import dataclass

from deployer.compile.case import Case
from deployer.facts.gpus import GIB
from deployer.facts.sglang.loaders import NOTHING, is_mapped, speed
from deployer.facts.sizes import READ_FASTEST


@dataclass(frozen=True, slots=True)
class Loading:
    """Reading the weights: their GiB, and the seconds at the best and worst speed of the loader.

    ``slowest`` is None where nobody has published the worst. ``floor`` is what a volume takes at
    its best, under which no loader can be.
    """

    gib: float
    fastest: float
    slowest: float | None
    floor: float


def loading(case: Case) -> Loading | None:
    """Give the time to read the weights from a Modal volume; None where the size is not known."""
    return case.once(_loading)


def _loading(case: Case) -> Loading | None:
    known = case.resolved.subject.checkpoints.model
    gib = None if known is None else known.gib
    if case.profile.modal is None or gib is None or case.profile.model.load_format == NOTHING:
        return None
    mapped = is_mapped(argument.flag for argument in case.arguments)
    found = speed(case.profile.model.load_format or "", mapped=mapped)
    slowest = None if found.slowest is None else gib * GIB / found.slowest
    return Loading(gib, gib * GIB / found.fastest, slowest, gib * GIB / READ_FASTEST)


def span(found: Loading) -> str:
    """Say the two bounds as a reader wants them: ``252 to 756 s``."""
    if found.slowest is None:
        return f"at least {found.fastest:.0f} s"
    return f"{found.fastest:.0f} to {found.slowest:.0f} s"
