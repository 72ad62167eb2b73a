"""What the new release can do for a profile that the old one could not, for somebody to decide."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.facts.sglang.loaders import (
    BY_PAGES,
    PACKAGES,
    STRAIGHT,
    can_leave_gds,
    is_mapped,
    speed,
)
from deployer.plan.cost import read_as, reading
from deployer.release import Release
from deployer.upgrade.notes import Kind, Note

KEY = "model.load_format"


def offers(before: Release, after: Release) -> Iterator[Note]:
    """Offer the loader that is faster on Modal, where only the new release can be told to use it.

    It is not written: the image must hold a package for it, whose version nobody has said.
    """
    how = read_as(before)
    if after.modal is None or how not in BY_PAGES or read_as(after) != how:
        return
    if not is_mapped(
        argument.flag for argument in after.arguments
    ):  # whether the other is faster than that, nobody has published
        return
    if can_leave_gds(before.engine.version) or not can_leave_gds(after.engine.version):
        return
    now, then = _words(after, how), _words(after, STRAIGHT)
    package = f"`modal.packages: [{PACKAGES[STRAIGHT]}==...]`, which it imports"
    yield Note(Kind.OFFERED, KEY, how or "auto", STRAIGHT, f"{then}, not {now}; with {package}")


def _words(release: Release, how: str) -> str:
    """Say how long loading takes, or how fast it is where the size of the weights is not known."""
    read = reading(release, how)
    return speed(how).words() if read is None else read.words()
