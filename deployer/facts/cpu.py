"""The engine on a CPU, where the local target runs it: which releases, and what starts there."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

RELEASES = ("0.5.23",)
"""SGLang releases that can be installed for a CPU, the newest last. Each has the lock of its whole
environment in ``deployer/engine/locks/``, and the platform plugin was written for it."""

SWITCH = "DEPLOYER_CPU_PLATFORM"
"""The variable that turns the platform plugin on (``deployer/engine/cpu_platform``), with `1`.
Without it SGLang imports triton, which the environment does not have: `No module named 'triton'`.
"""

BUILTIN = "tiny"
"""The one builtin model (``deployer/engine/tiny_model``)."""

BINDING = "SGLANG_CPU_OMP_THREADS_BIND"
"""The variable that gives each rank its cores. Without it SGLang wants a NUMA node for each rank
(0.5.23 ``srt/utils/numa_utils.py``)."""

_STANDIN = "its triton kernels have only a stand-in there"
_DRAFTS = "SGLang says that its plugin for CPUs does not support it"
_SPARSE = "it serves DeepSeek's sparse attention alone, and the model that was tried has none"
_RANKS = f"without `{BINDING}` SGLang wants a NUMA node for each rank, and the machine had one"


@dataclass(frozen=True, slots=True)
class Ended:
    """A start that ended: the option, the values with which it did, and what the log said.

    No values are those above 1, of which 2 was tried; a switch has the empty one. ``package`` is
    the one whose absence the log named: where a lock has it, that was not tried. ``unbound`` holds
    where :data:`BINDING` is not set, as it was not; ``alone`` where `tp` is 1, as it was.
    """

    flag: str
    values: tuple[str, ...]
    why: str
    package: str = ""
    unbound: bool = False
    alone: bool = False


ENDED = (
    Ended("--tp-size", (), f"{_RANKS}; with it, what torch compiled met the stand-in for triton"),
    Ended("--dp-size", (), _RANKS, unbound=True),
    Ended("--pp-size", (), _RANKS, unbound=True),
    Ended(
        "--ep-size",
        (),
        "SGLang divides experts over the ranks of `tp`, of which there is one",
        alone=True,
    ),
    Ended("--attention-backend", ("triton",), _STANDIN),
    Ended(
        "--attention-backend", ("flex_attention",), "torch compiles it, and met the same stand-in"
    ),
    Ended("--attention-backend", ("flashinfer",), "", package="flashinfer-python"),
    Ended("--attention-backend", ("dsa", "nsa"), _SPARSE),
    Ended("--grammar-backend", ("outlines",), "", package="interegular"),
    Ended("--grammar-backend", ("llguidance",), "", package="llguidance"),
    Ended("--speculative-algorithm", ("NGRAM",), "SGLang imports `sgl_kernel`, which is for GPUs"),
    Ended("--speculative-algorithm", ("EAGLE", "EAGLE3", "NEXTN", "STANDALONE"), _DRAFTS),
    Ended("--quantization", ("fp8",), _STANDIN),
    Ended(
        "--enable-hierarchical-cache", ("",), "it asks torch for CUDA, and torch was built without"
    ),
)
"""What did not start. Source: measured 2026-11-29 with the engine of the lock of 0.5.23 and the
builtin model, one start each, on one machine of one NUMA node and two cores. What is not here was
not tried, or did start: other sampling, MoE and FP8 backends, pages, offloading, data types."""


@functools.lru_cache(maxsize=4)
def packages(version: str) -> frozenset[str]:
    """Give the names of the packages in the lock of a release; none for one without a lock."""
    if version not in RELEASES:
        return frozenset()
    lock = Path(__file__).parent.parent / "engine" / "locks" / f"sglang-{version}-cpu.txt"
    found = re.findall(r"^([A-Za-z0-9][\w.-]*)==", lock.read_text("utf-8"), re.MULTILINE)
    return frozenset(re.sub(r"[-_.]+", "-", name).lower() for name in found)
