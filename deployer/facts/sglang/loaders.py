"""How SGLang reads weights: which release takes which option, what the image must hold, how fast.

Which release has which `--load-format` and which flag its catalogue says. Here stands what no
catalogue knows: the names in ``--model-loader-extra-config``, read in ``model_loader/loader.py`` of
the wheels from 0.5.9 to 0.5.23, the packages that the wheels import and do not require, and the
speeds that somebody has published.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deployer.facts.sglang import formats
from deployer.facts.sglang.versions import release_key
from deployer.facts.sizes import READ_FASTEST, READ_SLOWEST

FORMAT_FLAG = formats.FORMAT_FLAG
OPTIONS_FLAG = "--model-loader-extra-config"

BY_PAGES = frozenset({"", "auto", "safetensors", "mistral"})
"""Formats that are read through pages of memory (mmap), by 8 threads from 0.5.10 on."""

WITHOUT_PAGES = "--weight-loader-disable-mmap"
"""Reads a whole file into memory instead, in these formats alone (``safetensors_weights_iterator``
in ``model_loader/weight_utils.py``)."""

MANY_THREADS = BY_PAGES | {"pt"}
"""Formats that many threads read (``enable_multithread_load``, ``num_threads``)."""

STRAIGHT = "fastsafetensors"
"""Each rank reads a part of the files past the page cache, and hands it on to the others."""

STREAMED = "runai_streamer"
NOTHING = formats.NOTHING

GDS_SINCE = "0.5.17"
"""The first release that can be told to read without GPUDirect Storage: ``enable_gds`` is among
the names from this wheel on, and not in that of 0.5.16."""

PACKAGES = {
    STRAIGHT: "fastsafetensors",
    STREAMED: "runai-model-streamer",
    "instanttensor": "instanttensor",
}
"""What a format imports beside SGLang's requirements: none of them is required by a wheel but as an
extra (0.5.9 to 0.5.23), nor named in SGLang's own Dockerfile (as of 0.5.5)."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Bytes a second from a Modal volume into the GPUs, and who says so.

    ``slowest`` is None where nobody has published one.
    """

    slowest: float | None
    fastest: float
    source: str

    def words(self) -> str:
        """Say both speeds, or the one that is known, and who says so."""
        known = (self.fastest, *(() if self.slowest is None else (self.slowest,)))
        return f"{' to '.join(f'{one / 1e9:g}' for one in known)} GB/s ({self.source})"


PAGES = Speed(0.35e9, 0.85e9, "modal-projects/stitch#54, of reading by pages under gVisor")
"""Pages fault at about 0.35 GB/s even where the page cache holds them; GLM-4.5-Air-FP8, about
110 GB, was loaded again in 130 s. Whether 0.35 is of one rank or of all is not said."""

VOLUME = "Modal's figures for a volume"
DIRECT = Speed(READ_SLOWEST, READ_FASTEST, f"{VOLUME}, which caps fastsafetensors")
"""The same model in 23 s, 4.8 GB/s, is more than a volume gives, so the volume decides."""

UNPUBLISHED = Speed(None, READ_FASTEST, f"{VOLUME}; no speed of this loader there is published")


def speed(load_format: str, *, mapped: bool = True) -> Speed:
    """Give the published speed of a format on Modal, ``mapped`` unless :data:`WITHOUT_PAGES`."""
    if load_format in BY_PAGES:
        return PAGES if mapped else UNPUBLISHED
    return DIRECT if load_format == STRAIGHT else UNPUBLISHED


def is_mapped(flags: Iterable[str]) -> bool:
    """Whether weights are read through pages of memory in the formats that are read so."""
    return WITHOUT_PAGES not in flags


def can_leave_gds(version: str) -> bool:
    """Whether a release can be told to read without GPUDirect Storage."""
    return release_key(version) >= release_key(GDS_SINCE)
