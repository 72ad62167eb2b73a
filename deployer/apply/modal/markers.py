"""Which phases are done, read from the markers on the volumes: no container is started."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from deployer.behaviour.kernel_key import key_of
from deployer.behaviour.room import TOO_LARGE, too_large
from deployer.errors import Failure
from deployer.plan.deployment import PhaseFact
from deployer.release import Beside
from deployer.serve.kernels.entries import FOLDER, listed_size
from deployer.serve.kernels.marker import Marker, marker_path
from deployer.serve.weights.held import read_config
from deployer.serve.weights.marker import MARKER, Complete
from deployer.serve.weights.needed import CONFIG

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.plan.deployment import Deployed
    from deployer.plan.sides import Side
    from deployer.release import ModelSource, Mount, Release, WeightsMount

GB = 1e9
NAMED = 3


def volume_folder(source: ModelSource, weights: Mount) -> str:
    """Give the folder of weights inside their volume. Raises Failure if it is not in there."""
    mount, path = PurePosixPath(weights.path), PurePosixPath(source.path)
    if not path.is_relative_to(mount) or path == mount:
        message = f"`model.path` is {path}, which is not inside the weights volume at {mount}"
        raise Failure(message, hint="leave `model.path` out: it then follows from `model.repo`")
    return str(path.relative_to(mount))


def shelf(account: Account, weights: WeightsMount) -> Account:
    """Give the account at the environment that the volume of the weights is in."""
    return account.at(weights.environment) if weights.environment else account


def refuse_unborrowed(release: Release, fact: PhaseFact) -> None:
    """Raise Failure where weights of another environment are not complete: none is put there."""
    parameters = release.modal
    if parameters is None or not parameters.borrows or fact.done:
        return
    place = parameters.weights
    message = (
        f"the weights are those of the environment {place.environment}, which are only read here, "
        f"and they are not complete: {fact.reason}"
    )
    hint = f"`deployer apply` of a profile for {place.environment} downloads them, once for both"
    raise Failure(message, hint=hint)


def weights_fact(account: Account, release: Release) -> PhaseFact:
    """Say whether the weights of a release are complete on their volume, drafts and adapters too.

    Every repository that is not there is named.
    """
    parameters = release.modal
    if parameters is None or not release.sources():
        return PhaseFact("weights", done=True, reason="the release needs none")
    found = [_weights(account, source, parameters.weights) for source in release.sources()]
    missing = [reason for done, reason in found if not done]
    return PhaseFact("weights", not missing, "; ".join(missing or [each for _, each in found]))


def _weights(account: Account, source: ModelSource, weights: WeightsMount) -> tuple[bool, str]:
    """Say whether the weights of one repository are complete, and what is there or is not."""
    account = shelf(account, weights)
    named = f"{source.repo}: " if isinstance(source, Beside) else ""
    marker = _marker(account, source, weights)
    if isinstance(marker, str):
        return False, named + marker
    there = account.sizes(weights.volume, volume_folder(source, weights))
    gone = [file.path for file in marker.files if there.get(file.path) != file.size]
    if gone:
        return (
            False,
            f"{named}{_gone('files', gone, len(marker.files))}, though all were there once",
        )
    size = f"{len(marker.files)} files, {marker.bytes / GB:.1f} GB"
    return True, f"{named}complete since {_day(marker.finished)}, {size}"


def _marker(account: Account, source: ModelSource, weights: Mount) -> Complete | str:
    """Read the marker of the weights of a repository; a text says why there is none."""
    folder = volume_folder(source, weights)
    data = account.read(weights.volume, f"{folder}/{MARKER}")
    if data is None:
        return f"no complete download is on `{weights.volume}` at {folder}"
    try:
        marker = Complete.from_json(data.decode(errors="replace"))
    except ValueError as error:
        return f"the marker cannot be read: {error}"
    return "; ".join(marker.fits(source)) or marker


def refuse_too_large(account: Account, release: Release) -> None:
    """Raise Failure where what lies on the volume is more than all GPUs together can hold.

    It is the last look before a GPU is paid for, whoever fetched the weights, and when.
    """
    parameters, model = release.modal, release.model
    if parameters is None or model.source != "huggingface":
        return
    account = shelf(account, parameters.weights)
    marker = _marker(account, model, parameters.weights)
    if isinstance(marker, str):
        return
    folder = volume_folder(model, parameters.weights)
    config = account.read(parameters.weights.volume, f"{folder}/{CONFIG}")
    for shape in release.each_shape():
        if problem := too_large(shape, marker.tensors, read_config(config or b"")):
            raise Failure(problem, hint=TOO_LARGE)


def kernels_facts(account: Account, of: Side, deployed: Deployed | None) -> tuple[PhaseFact, ...]:
    """Say of each shape of a release whether its kernels are compiled, and if not, why."""
    several = bool(of.release.shapes)
    found = ((each.release.shape, kernels_fact(account, each, deployed)) for each in of.shapes)
    return tuple(replace(fact, shape=name if several else "") for name, fact in found)


def kernels_fact(account: Account, of: Side, deployed: Deployed | None) -> PhaseFact:
    """Say whether the kernels of one shape are compiled on their volume, and if not, why."""
    parameters = of.release.modal
    if parameters is None:
        return PhaseFact("kernels", done=True, reason="the release needs none")
    if of.no_kernels or parameters.kernel_cache is None:
        return PhaseFact("kernels", done=True, reason=of.no_kernels)
    key = of.kernel_key
    data = account.read(parameters.kernel_cache.volume, str(marker_path(key)))
    if data is None:
        return PhaseFact("kernels", done=False, reason=_why(of, deployed))
    try:
        marker = Marker.from_json(data.decode(errors="replace"))
    except ValueError as error:
        return PhaseFact("kernels", done=False, reason=f"the marker cannot be read: {error}")
    if marker.entries:
        there = account.sizes(parameters.kernel_cache.volume, FOLDER)
        gone = [each.name for each in marker.entries if listed_size(there, each.name) != each.size]
        if gone:
            reason = f"{_gone('kernels', gone, len(marker.entries))}, though all were there once"
            return PhaseFact("kernels", done=False, reason=reason)
    reason = f"compiled on {_day(marker.written)}, {marker.summary()}"
    return PhaseFact("kernels", done=True, reason=reason)


def _gone(what: str, names: list[str], of: int) -> str:
    """Name what is gone, or has another size than a marker says."""
    shown = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
    return f"{len(names)} of {of} {what} are gone or have another size: {shown}"


def _why(of: Side, deployed: Deployed | None) -> str:
    if deployed is None or deployed.release is None:
        return "kernels compile: none are on the volume for this release"
    before = of.release.among(deployed.release) or deployed.release
    differences = key_of(before).differences(of.kernel_key)
    if not differences:
        return "kernels compile again: their marker is not on the volume"
    return f"kernels compile again, because {'; '.join(differences)}"


def _day(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC).strftime("%Y-%m-%d")
