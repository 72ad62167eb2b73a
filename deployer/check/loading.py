"""How long the weights of a model take to read, from what is known of model and volume."""

from __future__ import annotations

from dataclasses import dataclass

from deployer.compile.case import Case
from deployer.facts.sizes import READ_FASTEST, READ_SLOWEST

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Loading:
    """Reading the weights: their GiB, and the seconds at a volume's best and worst speed.

    Only reading: the engine's own start, its kernels and its graphs come on top.
    """

    gib: float
    fastest: float
    slowest: float


def loading(case: Case) -> Loading | None:
    """Give the time to read the weights from a Modal volume; None where the size is not known."""
    return case.once(_loading)


def _loading(case: Case) -> Loading | None:
    known = case.resolved.subject.checkpoints.model
    gib = None if known is None else known.gib
    if case.profile.modal is None or gib is None or case.profile.model.load_format == "dummy":
        return None
    return Loading(gib, gib * GIB / READ_FASTEST, gib * GIB / READ_SLOWEST)


def span(found: Loading) -> str:
    """Say the two bounds as a reader wants them: ``252 to 756 s``."""
    return f"{found.fastest:.0f} to {found.slowest:.0f} s"
