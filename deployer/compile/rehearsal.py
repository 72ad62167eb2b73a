"""The same release without its weights, under another name: what a rehearsal deploys."""

from __future__ import annotations

from dataclasses import replace

from deployer.errors import UsageError
from deployer.facts.sglang.loaders import FORMAT_FLAG, NOTHING, OPTIONS_FLAG
from deployer.release import SHELL, Argument, Beside, Release

ENDING = "-rehearsal"
IDLE = 60
"""Seconds without a request after which Modal ends its container, whoever is gone by then."""

SOURCE = "apply --rehearse"


def rehearsal(release: Release, minutes: int) -> Release:
    """Turn a release for Modal into its rehearsal, whose start may take so many minutes.

    Flags, image, GPUs, memory and graphs are the same. Weights are noise; the folder of its
    repositories is on a volume of its own, and holds no shard. Nothing is asked to warm it up, for
    nothing that it says means anything. Adapters are small and stay as they are. What is true of
    the release is true of each of its shapes.

    Raises UsageError for a release that is not for Modal.
    """
    parameters = release.modal
    if parameters is None:
        message = f"`{release.name}` is for this machine, and this is a rehearsal on Modal"
        raise UsageError(message, hint="`deployer apply PROFILE --rehearse` rehearses it here")
    seconds = minutes * 60
    weights = replace(
        parameters.weights, volume=f"{parameters.weights.volume}{ENDING}", environment=""
    )
    modal = replace(
        parameters,
        app=f"{parameters.app}{ENDING}",
        weights=weights,
        min_containers=0,
        schedule=(),
        max_containers=1,
        scaledown_window=IDLE,
        startup_timeout=min(parameters.startup_timeout, seconds),
    )
    life = release.lifecycle
    return replace(
        release,
        name=f"{release.name}{ENDING}",
        model=replace(release.model, source=SHELL),
        beside=tuple(_without_weights(one) for one in release.beside),
        arguments=_arguments(release.arguments),
        lifecycle=replace(
            life, startup=min(life.startup, float(seconds)), budget=None, stage_budgets=()
        ),
        warmup=(),
        modal=modal,
        shapes=tuple(rehearsal(each, minutes) for each in release.shapes),
    )


def _without_weights(one: Beside) -> Beside:
    return one if one.role == "adapter" else replace(one, source=SHELL)


def _arguments(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """Replace how weights are read; options of another way to read them would be refused."""
    kept = tuple(one for one in arguments if one.flag not in {FORMAT_FLAG, OPTIONS_FLAG})
    return (*kept, Argument(FORMAT_FLAG, (NOTHING,), SOURCE))
