"""What whoever reads a plan must know beside its changes and its money."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.facts.sizes import PLAN_GPUS
from deployer.plan.file import shown
from deployer.plan.sides import Side, Sides
from deployer.plan.standing import DEPLOYED, Standing
from deployer.release import ModalParameters, Release


def notes(
    after: Side, modal: ModalParameters, standing: Standing, sides: Sides | None, *, deploys: bool
) -> tuple[str, ...]:
    """Give what was noted when the world was looked at, and what follows from the release."""
    new = after.release
    return (
        *standing.notes,
        *_unreadable(standing),
        *_most(new, modal),
        *(_rolling(new, standing) if deploys else ()),
        *_left_behind(sides, standing),
    )


def other_file(standing: Standing, file: str) -> Iterator[str]:
    """Name the file that the deployment is of, where it is another one or is not recorded."""
    deployed = standing.deployed
    if deployed is not None and deployed.foreign:
        who = f", and was deployed by {deployed.who}" if deployed.who else ""
        yield (
            f"the app {deployed.app} is not deployer's: it carries none of its tags{who}; if it is "
            "to stay, give this profile another `modal.app`"
        )
        return
    if deployed is None or not file or deployed.file == file:
        return
    if not deployed.file:
        yield (
            f"which profile's file {deployed.words} was deployed from is not recorded, "
            "so it may have been another one"
        )
        return
    who = f" by {deployed.who}" if deployed.who else ""
    yield (
        f"{deployed.words} was deployed{who} from {shown(deployed.file)}, and this is "
        f"{shown(file)}: if both are to be up, give each an app of its own"
    )


def _unreadable(standing: Standing) -> Iterator[str]:
    deployed = standing.deployed
    if deployed is not None and deployed.release is None:
        yield (
            f"the release of {deployed.words} is recorded nowhere that can be read from "
            "here, so the changes cannot be shown"
        )


def _most(new: Release, modal: ModalParameters) -> Iterator[str]:
    each, most = _gpus(new), modal.max_containers
    small = [
        f"{name} has {gpus} (enough for {gpus // each})"
        for name, gpus in PLAN_GPUS.items()
        if each and most * each > gpus
    ]
    if small:
        yield (
            f"{most} containers of {each} GPUs are {most * each} GPUs at a time; of Modal's plans "
            f"{' and '.join(small)}"
        )


def _gpus(release: Release) -> int:
    """Give the most GPUs that a container may get."""
    return max(each.hardware.count for each in release.each_shape())


def _rolling(new: Release, standing: Standing) -> Iterator[str]:
    """Warn of what a rolling deploy takes for a while: up to twice (modal-client PR 3366)."""
    deployed = standing.deployed
    if deployed is None or deployed.release is None or deployed.state != DEPLOYED:
        return
    both = _gpus(deployed.release) + _gpus(new)
    small = [f"{name} has {gpus}" for name, gpus in PLAN_GPUS.items() if both > gpus]
    if small:
        yield (
            "a deploy starts new containers beside the old ones, up to twice as many for a while: "
            f"with one that runs, that is {both} GPUs, and of Modal's plans {' and '.join(small)}"
        )


def _left_behind(sides: Sides | None, standing: Standing) -> Iterator[str]:
    """Say that the old weights stay, and cost, where others are downloaded beside them."""
    deployed = standing.deployed
    if deployed is None or sides is None or sides.old.modal is None:
        return
    after = sides.after.weights
    for source, place in zip(sides.old.sources(), sides.before.weights, strict=True):
        if place[:3] not in {one[:3] for one in after}:
            yield (
                f"{source.repo} of {deployed.words} stays on the volume "
                f"{sides.old.modal.weights.volume} at {source.path} until somebody deletes it"
            )
