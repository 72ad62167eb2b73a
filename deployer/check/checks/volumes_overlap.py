"""Two volumes on one path, one inside the other, or one volume at two paths.

Why it hurts: Modal refuses the deployment, or one volume hides what is on the other.

Instead of::

    modal:
      weights:
        volume: weights
        path: /cache
      kernel_cache:
        volume: kernels
        path: /cache/kernels

Write::

    modal:
      weights:
        volume: weights
        path: /model-cache
      kernel_cache:
        volume: kernels
        path: /dg-cache

Source: Modal client 1.6.4 ``_utils/mount_utils.py``: "The same Volume cannot be mounted in multiple
locations for the same function".
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the two volumes and their paths."""
    modal = case.profile.modal
    if modal is None or modal.kernel_cache is None:
        return
    weights, kernels = modal.weights, modal.kernel_cache
    if weights.volume == kernels.volume:
        yield Problem(
            ("modal", "kernel_cache", "volume"),
            f"`{kernels.volume}` is the volume of the weights, too, and Modal mounts a volume once",
            "give the kernel cache a volume of its own; it is created if it does not exist",
        )
    if f"{weights.path}/".startswith(f"{kernels.path}/") or f"{kernels.path}/".startswith(
        f"{weights.path}/"
    ):
        one = "is the path of the weights, too"
        if kernels.path != weights.path:
            one = f"and {weights.path}, where the weights are, lie one in the other"
        yield Problem(
            ("modal", "kernel_cache", "path"),
            f"{kernels.path} {one}",
            "choose two folders beside each other, such as `/model-cache` and `/dg-cache`",
        )


RULE = Rule("volumes-overlap", Severity.ERROR, find, link="https://modal.com/docs/guide/volumes")
