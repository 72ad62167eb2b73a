"""What has to be made again for another release: weights and kernels, and because of what.

A diff announces it, a plan from a record plans it; and a plan that looked at the volumes finds the
same, where these hold what the old release left there. All three ask here.
"""

from __future__ import annotations

from collections.abc import Iterable

from deployer.plan.changes import Change
from deployer.plan.sides import Sides

MOVED = frozenset({"target", "modal.environment"})
"""Changes after which nothing of the old place is there any more."""

WEIGHTS = MOVED | {
    "model.source", "model.repo", "model.revision", "model.commit", "model.path", "--model-path",
    "modal.weights.volume", "modal.weights.path", "modal.weights.environment",
    "speculative.draft_model", "lora.adapters",
}  # fmt: skip
"""What decides which weights are read, and where they lie."""

KERNELS = MOVED | {"modal.kernel_cache.volume"}
"""What decides where kernels lie; which ones, their key says."""

NEEDED_BY = frozenset({"hardware.gpu", "model.repo"})
"""What decides whether there are any, beside what is in their key."""


def weights_again(sides: Sides) -> bool:
    """Whether the new release needs weights that the old one did not leave there."""
    return not set(sides.after.weights) <= set(sides.before.weights)


def kernels_again(sides: Sides) -> bool:
    """Whether the new release needs kernels that the old one did not leave there."""
    place = sides.after.kernels
    return place is not None and place != sides.before.kernels


def reasons(sides: Sides) -> tuple[str, ...]:
    """Say why kernels compile again, from old to new, in the words of profile keys."""
    if why := sides.before.no_kernels:
        return (f"of the old release {why}",)
    old, new = sides.before.kernels, sides.after.kernels
    if old is None or new is None or old[:2] != new[:2]:
        return ("their cache is another one",)
    return sides.before.kernel_key.differences(sides.after.kernel_key)


def loading(changes: Iterable[Change], sides: Sides) -> frozenset[str]:
    """Name what of the changes makes weights be downloaded again; nothing where none are."""
    found = tuple(changes)
    return _blamed(found, WEIGHTS) if weights_again(sides) else frozenset()


def compiling(changes: Iterable[Change], sides: Sides) -> frozenset[str]:
    """Name what of the changes makes kernels compile again; nothing where none do."""
    if not kernels_again(sides):
        return frozenset()
    differing = sides.before.kernel_key.differing(sides.after.kernel_key)
    keys = KERNELS | {key for key, _, _ in differing}
    return _blamed(tuple(changes), keys | (NEEDED_BY if sides.before.no_kernels else frozenset()))


def _blamed(changes: tuple[Change, ...], keys: frozenset[str]) -> frozenset[str]:
    """Name the changes at these keys; all of them where none is, for one of them it must be.

    What is only spelt otherwise is none of them.
    """
    real = [one for one in changes if one.kind != "renamed"] or changes
    found = {one.what for one in real if one.what in keys or one.key in keys}
    return frozenset(found or {one.what for one in real})
