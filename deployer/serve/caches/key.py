"""For whom a kept cache is valid: what is in it is code that runs on the GPUs and beside them."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.behaviour.kernel_key import DIGEST, KernelKey, key_of
from deployer.codec import encode
from deployer.errors import Failure
from deployer.release import Release
from deployer.serve.kernels.marker import Version
from deployer.serve.packages import package_versions

IMAGE = "MODAL_IMAGE_ID"
"""Modal's variable with the id of the image as it was built: one can change behind its tag."""

ENVIRONMENT = "MODAL_ENVIRONMENT"
"""Modal's variable with the environment's name (modal.com/docs/guide/environment_variables)."""

PACKAGES = (
    "sglang", "torch", "triton", "flashinfer-python", "tilelang", "apache-tvm-ffi", "sgl-kernel",
    "sglang-kernel", "deep_gemm", "sgl-deep-gemm",
)  # fmt: skip
"""What is asked for where the image has no id."""

CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class CacheKey:
    """What makes kept caches valid: the key of the kernels, and what is around the engine.

    ``environment`` is Modal's: what is compiled in one is never run in another. ``processor`` is a
    digest of the CPU's abilities, which Inductor and tvm-ffi compile for (``-march=native``);
    ``image`` the id of the image as built, or, where it has none, the ``versions`` in it.
    """

    kernels: KernelKey
    environment: str
    image: str
    versions: tuple[Version, ...]
    processor: str

    def digest(self) -> str:
        """Give the key as a short word: equal keys, equal words."""
        value = encode(self) | {"kernels": self.kernels.digest()}
        text = json.dumps(value, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:DIGEST]


def cache_key(
    release: Release,
    environ: Mapping[str, str],
    ask: Callable[..., dict[str, str]] = package_versions,
    cpuinfo: Path = CPUINFO,
) -> CacheKey:
    """Give the key of a release in the container that this runs in.

    Raises Failure where it is not known what is installed there, or what its CPU can do: two that
    are unknown may differ, and what is kept is code.
    """
    image = environ.get(IMAGE, "")
    found = {} if image else ask(release.engine.command[0], environ, PACKAGES)
    if not image and not found:
        msg = "the image has no id, and its Python does not say which packages it holds"
        raise Failure(msg)
    if not abilities(cpuinfo):
        msg = f"{cpuinfo} does not say what the CPU can do"
        raise Failure(msg)
    return CacheKey(
        kernels=key_of(release),
        environment=environ.get(ENVIRONMENT, ""),
        image=image,
        versions=tuple(Version(*each) for each in sorted(found.items())),
        processor=processor(cpuinfo),
    )


def abilities(path: Path = CPUINFO) -> str:
    """Give what the CPU can do, in order; '' where that is not told."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    stated = next((each for each in lines if each.startswith(("flags", "Features"))), "")
    return " ".join(sorted(stated.partition(":")[2].split()))


def processor(path: Path = CPUINFO) -> str:
    """Give a digest of what the CPU can do, and of its kind."""
    told = f"{platform.machine()} {abilities(path)}"
    return hashlib.sha256(told.encode()).hexdigest()[:DIGEST]
