"""How an apply is carried out, as the command line asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Manner:
    """What was agreed to beforehand, whether the server is verified, and the form of the result.

    ``yes`` agrees to install and to spend, ``take_over`` to replace what another file's profile
    deployed. ``bench`` and ``canary`` measure after the deployment what the profile does not ask
    for by itself; ``rollback`` goes back where a gate fails. ``evidence`` is the profile beside
    which what was shown is written, '' for none. ``candidate`` proves the release beside the live
    app first, for so many ``minutes`` at most (None: as its start and its gate take).
    """

    form: str
    yes: bool
    take_over: bool
    verify: bool
    bench: bool = False
    canary: bool = False
    rollback: bool = False
    evidence: str = ""
    candidate: bool = False
    minutes: int | None = None
