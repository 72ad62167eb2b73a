"""Two volumes on one path, one inside the other, or one volume at two paths.

Why it hurts: Modal refuses the deployment, or one volume hides what is on the other.

Instead of ``-`` write ``+``::

      modal:
        weights:
          volume: weights
    -     path: /cache
    +     path: /model-cache
        kernel_cache:
          volume: kernels
    -     path: /cache/kernels
    +     path: /dg-cache

Source: Modal client 1.6.4 ``_utils/mount_utils.py``: "The same Volume cannot be mounted in multiple
locations for the same function".
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.profile.sections.modal import Modal


def find(case: Case) -> Iterator[Problem]:
    """Compare each volume and its path with those before it."""
    modal = case.profile.modal
    if modal is None:
        return
    mounts = list(_mounts(modal))
    for at, (where, volume, path) in enumerate(mounts):
        for first, its_volume, its_path in mounts[:at]:
            what = WHAT.get(str(first[0]), "another mount")
            if volume and volume == its_volume:
                yield Problem(
                    ("modal", *where, "volume"),
                    f"`{volume}` is the volume of {what}, too, and Modal mounts a volume once",
                    "take a volume of its own; it is created if it does not exist",
                )
            if f"{its_path}/".startswith(f"{path}/") or f"{path}/".startswith(f"{its_path}/"):
                one = f"is the path of {what}, too"
                if path != its_path:
                    one = f"and {its_path}, where {what} lies, lie one in the other"
                yield Problem(
                    ("modal", *where, "path"),
                    f"{path} {one}",
                    "choose folders beside each other, such as `/model-cache` and `/dg-cache`",
                )


WHAT = {"weights": "the weights", "kernel_cache": "the kernel cache"}


def _mounts(modal: Modal) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Give the key, the volume ('' for a bucket) and the path of all that is mounted."""
    yield ("weights",), modal.weights.volume, modal.weights.path
    if modal.kernel_cache is not None:
        yield ("kernel_cache",), modal.kernel_cache.volume, modal.kernel_cache.path
    for at, volume in enumerate(modal.volumes):
        yield ("volumes", at), volume.volume, volume.path
    for at, bucket in enumerate(modal.buckets):
        yield ("buckets", at), "", bucket.path


RULE = Rule("volumes-overlap", Severity.ERROR, find, link="https://modal.com/docs/guide/volumes")
