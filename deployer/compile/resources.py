"""CPU and memory that the server's container has for sure, from the GPUs and the model.

They are reservations: what is used beyond them is used where the machine has it, and billed.
Without them Modal reserves an eighth of a core and 128 MiB
(https://modal.com/docs/guide/resources).
"""

from __future__ import annotations

from deployer.facts.gpus import GIB
from deployer.facts.models.catalogue import find
from deployer.profile.model import Profile

MIB_A_GIB = 1024

OTHERS = 3
"""Processes beside those of the GPUs: HTTP with the tokenizer, the detokenizer (SGLang 0.5.23
``srt/entrypoints/engine.py``), and the door."""

PROCESS = 1.0
"""GiB of a process. Measured with 0.5.23 on a CPU: 0.5 once all is imported; a build for GPUs maps
CUDA's libraries as well, which was not measured."""

SHARD = 5e9
"""Bytes of the largest file that weights are usually cut into: huggingface_hub 1.x and before,
``serialization/_base.py``, ``MAX_SHARD_SIZE``. Each GPU's process reads one at a time."""


def container_cpu(profile: Profile) -> float:
    """Give the cores: as stated, or one for each process.

    The process of each GPU polls without a pause (SGLang 0.5.23 ``srt/managers/scheduler.py``,
    ``event_loop_normal`` and ``event_loop_overlap``), so that it takes its core whole.
    """
    stated = profile.modal.cpu if profile.modal is not None else None
    return float(profile.hardware.count + OTHERS) if stated is None else stated


def container_memory(profile: Profile) -> int:
    """Give the MiB: as stated, or processes, files that are read at a time, and what is kept there.

    What a GPU's process keeps in the host's memory is what `memory.cpu_offload_gb` and the engine's
    `hicache-size` say, in GB for each process.
    """
    stated = profile.modal.memory if profile.modal is not None else None
    if stated is not None:
        return stated
    kept = (profile.memory.cpu_offload_gb or 0) + _hicache(profile)
    each = PROCESS + _read_at_once(profile) + kept * 1e9 / GIB
    whole = profile.hardware.count * each + OTHERS * PROCESS
    return -int(-whole // 1) * MIB_A_GIB


def _read_at_once(profile: Profile) -> float:
    """Give the GiB of the file that a process reads: of a small model that is all of it."""
    known = find(profile.model.repo)
    gib = known.gib if known is not None else None
    return SHARD / GIB if gib is None else min(SHARD / GIB, gib)


def _hicache(profile: Profile) -> float:
    stated = profile.engine.args.get("hicache-size", 0)
    try:
        return float(str(stated))  # quoted, it is a number all the same
    except ValueError:
        return 0.0
