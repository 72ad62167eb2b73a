"""A volume is mounted where the image has files of its own, or where Modal lets none be.

Why it hurts: Modal refuses to mount a volume on a path that is not empty, and its client refuses
some paths at once; the SGLang image has files in the cache folder of Hugging Face.

Instead of ``-`` write ``+``::

      modal:
        weights:
          volume: weights
    -     path: /opt
    +     path: /model-cache

Source: Modal client 1.6.4 ``_utils/mount_utils.py`` (`/`, `/root`, `/tmp`); modal-examples
``deepseek_v4_flash.py``: the image's cache folder of Hugging Face is not empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.modal.keywords import HOME
from deployer.finding import Severity

REFUSED = frozenset({HOME, "/tmp"})  # noqa: S108 - a path to compare with, nothing is written
"""What Modal's client refuses. `/` is no path that the schema takes."""

SYSTEM = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr",
)  # fmt: skip
"""What every image fills, with all below."""

FILLED = (
    f"{HOME}/.cache/huggingface", f"{HOME}/deployer", "/sgl-workspace/sglang", "/home", "/opt",
    "/var",
)  # fmt: skip
"""Folders that are not empty: what is at one of them, or above, meets files."""


def find(case: Case) -> Iterator[Problem]:
    """Look at where volumes and buckets are mounted."""
    modal = case.profile.modal
    if modal is None:
        return
    further = [(("volumes", at), one.path) for at, one in enumerate(modal.volumes)]
    buckets = [(("buckets", at), one.path) for at, one in enumerate(modal.buckets)]
    kernels = modal.kernel_cache
    own = [(("weights",), modal.weights.path)]
    own += [(("kernel_cache",), kernels.path)] if kernels is not None else []
    for key, path in (*own, *further, *buckets):
        if why := _wrong(path):
            yield Problem(
                ("modal", *key, "path"),
                f"no volume can be mounted at {path}: {why}",
                "choose a folder of its own, such as `/model-cache` or `/dg-cache`",
            )


def _wrong(path: str) -> str:
    if path in REFUSED:
        return "Modal's client refuses it"
    if any(_within(path, folder) for folder in SYSTEM):
        return "it belongs to the system in the image"
    met = next((folder for folder in FILLED if _within(folder, path)), "")
    return f"{met} in the image is not empty" if met else ""


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


RULE = Rule(
    "volume-on-image-path", Severity.ERROR, find, link="https://modal.com/docs/guide/volumes"
)
