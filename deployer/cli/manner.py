"""How an apply is carried out, and what a plan shows, as the command line asks."""

from __future__ import annotations

from dataclasses import dataclass

CHANGES = 2
"""The exit code of a plan that is to tell changes by it, and has some."""


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


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan is asked for: its form, and the file that it is written to, None for none.

    ``offline`` asks nobody, ``detailed`` tells changes by the exit code, ``refresh_prices`` asks
    for the account's rates first, and ``candidate`` plans one.
    """

    form: str
    out: str | None
    offline: bool
    detailed: bool
    refresh_prices: bool
    candidate: bool

    def code(self, *, same: bool) -> int:
        """Give the exit code of a plan that was made; ``same`` says that nothing is to be done."""
        return CHANGES if self.detailed and not same else 0
