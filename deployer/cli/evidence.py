"""The evidence of a profile: written after a deployment, read beside a profile or in a commit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from deployer.cli.compiled import EVIDENCE, beside, write_beside
from deployer.cli.say import tell
from deployer.errors import DeployerError
from deployer.files import may_be_there
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deployer.cli.gating import Shown
    from deployer.cli.trees import Tree
    from deployer.release import Release
    from deployer.verify.verdict import Verdict


class Applied(Protocol):
    """What an apply found, on whatever target."""

    @property
    def verdicts(self) -> Iterable[Verdict]:
        """What verification said."""

    @property
    def memory(self) -> str:
        """What the engine said of its memory, beside what was reckoned; '' where it did not."""


def evidence_file(profile: str) -> Path:
    """Give the place of a profile's evidence."""
    return beside(profile, EVIDENCE)


def keep_evidence(
    profile: str,
    release: Release,
    applied: Applied,
    shown: Shown,
    cold: float | None,
    shape: str = "",
) -> bool:
    """Write what a release showed, as :func:`write_evidence` does; gives whether that was possible.

    Where not, it is said, and the deployment stands all the same.
    """
    if not applied.verdicts:
        tell("Nothing was verified now, so no evidence was written.")
        return True
    try:
        write_evidence(profile, release, applied, shown, cold, shape)
    except DeployerError as error:
        tell(f"No evidence is left of it: {visible(error.message)}.")
        return False
    return True


def refuse_unwritable_evidence(profile: str) -> None:
    """Raise as :func:`write_evidence` would, before anything is deployed."""
    from deployer.cli.writing import refuse_unwritable  # noqa: PLC0415 - only where asked for

    file = evidence_file(profile)
    refuse_unwritable(str(file if may_be_there(file.parent) else file.parent))


def write_evidence(
    profile: str,
    release: Release,
    applied: Applied,
    shown: Shown,
    cold: float | None,
    shape: str = "",
) -> None:
    """Write what a release showed beside its profile. Raises Failure where it cannot be.

    ``shape`` is the one of several that answered first, '' where it was not told.
    """
    from deployer.measure.evidence import Evidence, Probed  # noqa: PLC0415 - only to write one

    model = release.model
    found = Evidence(
        name=release.name,
        digest=release.digest(),
        date=time.time(),
        target=release.target,
        model=f"{model.repo}@{model.commit or model.revision}" if model.revision else model.repo,
        engine=f"{release.engine.name} {release.engine.version}",
        image=release.engine.image,
        hardware=_hardware(release, shape),
        probed=Probed.of(applied.verdicts),
        gates=shown.gates,
        cold_start=cold,
        run=shown.run,
        score=shown.score,
        memory=applied.memory,
    )
    write_beside(evidence_file(profile), found.to_json())


def _hardware(release: Release, shape: str) -> str:
    if not release.hardware.count:
        return "a CPU"
    if not release.shapes:
        return release.gpus
    return f"{shape or 'a shape that was not told'} (of {release.gpus})"


def read_evidence(profile: str) -> str:
    """Give the text of the evidence beside a profile; '' where there is none."""
    file = str(evidence_file(profile))
    if not may_be_there(file):
        return ""
    from deployer.cli.reading import read_text  # noqa: PLC0415 - only where there is one
    from deployer.measure.evidence import LARGEST  # noqa: PLC0415 - as above

    return read_text(file, "an evidence", LARGEST)


def evidence_in(tree: Tree, profile: str) -> str:
    """Give the text of the evidence beside a profile of a tree; '' where there is none."""
    path = evidence_file(profile).as_posix()
    if not tree.has(path):
        return ""
    from deployer.measure.evidence import LARGEST  # noqa: PLC0415 - only where there is one

    try:
        return tree.text(path, LARGEST + 1)
    except DeployerError as error:
        return f"cannot be read: {error.message}"


def told(text: str, digest: str) -> tuple[str, ...]:
    """Say what an evidence tells of a release; nothing where there is none."""
    if not text:
        return ()
    from deployer.codec import DecodeError  # noqa: PLC0415 - only where there is one
    from deployer.measure.evidence import Evidence, said  # noqa: PLC0415 - as above

    try:
        return said(Evidence.from_json(text), digest)
    except DecodeError as error:
        return (f"the file beside the profile is no evidence: {visible(str(error))}",)
