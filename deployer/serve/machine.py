"""Which GPUs this machine has, by its driver, and which shape of a deployment that is."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.facts.gpus import GIVEN_INSTEAD, GPUS, MIB_PER_GIB

if TYPE_CHECKING:
    from deployer.facts.gpus import Gpu
    from deployer.release import Release

ASK = ("nvidia-smi", "--query-gpu=name,compute_cap,memory.total", "--format=csv,noheader,nounits")
"""One line for each GPU: its name, its compute capability, its memory in MiB."""

PATIENCE = 120.0
"""Seconds for the driver's answer: on a machine that has just started it loads first. No more than
that is known of how long; the start-up timeout bounds all of it."""

SAME = 0.05
"""What two boards of one kind may differ in memory: drivers and ECC keep some for themselves. The
kinds of one capability lie 43 % apart, or more (:data:`~deployer.facts.gpus.GPUS`)."""


@dataclass(frozen=True, slots=True)
class Found:
    """One GPU, as the driver tells it; ``memory`` is in MiB."""

    name: str
    capability: tuple[int, int]
    memory: int

    def is_a(self, gpu: Gpu) -> bool:
        """Whether it is one of a kind: what an engine's kernels and its room depend on."""
        near = abs(self.memory - gpu.memory) <= SAME * gpu.memory
        return self.capability == gpu.capability and near


def shape_here(deployed: Release) -> tuple[Release, str]:
    """Give the shape of a deployment that is for this machine's GPUs, and what was found.

    Where there is but one, nothing is asked, and nothing found. Raises Failure where the driver
    does not answer, and for GPUs for which there is no shape.
    """
    shapes = deployed.each_shape()
    if len(shapes) == 1:
        return shapes[0], ""
    found = gpus_here()
    names = ", ".join(dict.fromkeys(each.name for each in found))
    words = f"{len(found)} x {names}" if found else "no GPU"
    for asked in (_very, _instead):
        for shape in shapes:
            if len(found) == shape.hardware.count and all(asked(shape, each) for each in found):
                return shape, words
    wanted = " or ".join(str(shape.hardware) for shape in shapes)
    told = "; ".join(
        f"sm{each.capability[0]}{each.capability[1]} with {each.memory / MIB_PER_GIB:.0f} GiB"
        for each in dict.fromkeys(found)
    )
    message = (
        f"this container has {words}{f' ({told})' if told else ''}, and the deployment has no shape"
        f" for that: {wanted}"
    )
    raise Failure(message, hint="name a profile for such GPUs in `modal.fallback`, and apply")


def gpus_here() -> tuple[Found, ...]:
    """Ask the driver which GPUs there are. Raises Failure where it gives no answer."""
    try:
        run = subprocess.run(ASK, capture_output=True, text=True, timeout=PATIENCE, check=True)
        return tuple(map(_read, run.stdout.splitlines()))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        output = getattr(error, "stdout", None) or getattr(error, "stderr", None) or ""
        why = str(output).strip().splitlines()[:1] or [f"{type(error).__name__}: {error}"]
        message = f"which GPUs this container has is not known: `{ASK[0]}` says {why[0]}"
        raise Failure(message, hint="no shape is served by a guess") from error


def _read(line: str) -> Found:
    name, capability, memory = (part.strip() for part in line.rsplit(",", 2))
    major, _, minor = capability.partition(".")
    return Found(name, (int(major), int(minor)), int(memory))


def _very(shape: Release, found: Found) -> bool:
    """Whether a GPU is what a shape asks for."""
    kind = GPUS.get(shape.hardware.gpu)
    return kind is not None and found.is_a(kind)


def _instead(shape: Release, found: Found) -> bool:
    """Whether it is what Modal gives in its place."""
    return any(found.is_a(GPUS[name]) for name in GIVEN_INSTEAD.get(shape.hardware.gpu, ()))
