"""Whether another file's profile deployed what an apply would replace, and if that is meant.

A name and an app are one deployment each, whichever file says them: a copied profile replaces what
its original deployed. So the file is on record, as the deployment's state here and as a tag of the
app on Modal, and another one is named and asked about. The same release is no obstacle, nor is a
file that was moved: on this machine one that is not there any more, and on Modal one that this
repository had in the commit that was deployed, and has no more. An app that carries none of
deployer's tags is somebody else's, whatever its name is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.cli.links import repository_of
from deployer.errors import Failure
from deployer.files import is_there
from deployer.plan.file import mark, shown
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.plan.deployment import Deployed, Plan
    from deployer.release import Release

SHORT = 12
OPTION = "--take-over"


def mark_of(profile: str) -> str:
    """Give the mark of a profile's file: its path in its repository, or its whole path."""
    path = Path(profile).resolve()
    root = repository_of(str(path))
    return mark(path.relative_to(root).as_posix() if root is not None else str(path))


@dataclass(frozen=True, slots=True)
class OnRecord:
    """The file that a local deployment is of: its path, its release, and how they stand."""

    name: str
    file: str
    digest: str
    known: bool
    other: bool
    gone: bool
    running: bool
    same_release: bool

    @property
    def takes_over(self) -> bool:
        """Whether a server is up that another file's profile started, and would be ended."""
        return self.other and self.running and not self.gone and not self.same_release

    @property
    def sentence(self) -> str:
        """Name the file, where it is another one; '' where it is not."""
        if not self.known:
            return (
                f"`{self.name}` was applied from {visible(self.file)}, as it was typed then: "
                "whether that is this file is not known"
            )
        if not self.other:
            return ""
        gone = ", which is not there any more" if self.gone else ""
        ends = ": its server would be ended" if self.takes_over else ""
        return (
            f"`{self.name}` was applied from {visible(self.file)} "
            f"(release {self.digest[:SHORT]}){gone}{ends}"
        )

    def value(self) -> dict[str, object]:
        """Give it as JSON has it."""
        return {
            "file": self.file,
            "digest": self.digest,
            "other_file": self.other if self.known else None,
            "file_is_gone": self.gone,
            "running": self.running,
            "takes_over": self.takes_over,
        }


def on_record(release: Release, profile: str) -> OnRecord | None:
    """Look up which file a deployment on this machine is of; None where none is on record."""
    from deployer.apply.local.folder import folder_of  # noqa: PLC0415 - only for a local one
    from deployer.apply.local.state import sound_state  # noqa: PLC0415 - as above

    state = sound_state(folder_of(release.name, os.environ))
    if state is None:  # of a damaged one whoever applies is told
        return None
    file = Path(state.profile)
    known = file.is_absolute()  # older states have the path as it was typed, from somewhere
    return OnRecord(
        name=release.name,
        file=state.profile,
        digest=state.digest,
        known=known,
        other=known and file != Path(profile).resolve(),
        gone=known and not is_there(file),
        running=state.is_running(),
        same_release=state.digest == release.digest(),
    )


def agreed_here(release: Release, profile: str, *, take_over: bool) -> None:
    """Name the other file, and ask; raises Failure for a no, UsageError where nobody answers."""
    from deployer.cli.say import tell  # noqa: PLC0415 - only where there is something to say

    record = on_record(release, profile)
    if record is None or not record.sentence:
        return
    tell(f"note: {record.sentence}")
    if record.takes_over:
        _agreed(
            f"End the server of {record.file} and serve {profile} as `{record.name}`?", take_over
        )


def agreed_for(plan: Plan, *, take_over: bool) -> None:
    """Ask before an app is taken over; raises as :func:`agreed_here` does."""
    from deployer.cli.say import tell  # noqa: PLC0415 - only where there is something to say

    deployed = plan.standing.deployed
    if deployed is not None and not deployed.foreign and was_moved(deployed):
        tell(f"note: {visible(shown(deployed.file))} was moved: this repository has it no more")
        return
    before = f"what {shown(deployed.file) if deployed else ''} deployed as the app {plan.app}"
    if deployed is not None and deployed.foreign:
        before = f"the app {plan.app}, which is not deployer's,"
    question = f"Replace {before} by {shown(plan.file)}?"
    _agreed(question, take_over)


def was_moved(deployed: Deployed, here: Path = Path()) -> bool:
    """Whether this repository had the file in the commit that was deployed, and has it no more."""
    from deployer.cli import git  # noqa: PLC0415 - only where it is asked

    file = shown(deployed.file)
    try:
        repo = git.found(here)
    except Failure:  # so it is not known, and the question is asked
        return False
    if repo is None or mark(file) != deployed.file or is_there(repo.root / file):
        return False
    return git.had(repo, deployed.commit, file)


def _agreed(question: str, take_over: bool) -> None:  # noqa: FBT001 - the one thing it is asked
    from deployer.cli.where import consent  # noqa: PLC0415 - only where it is asked

    consent(visible(question), yes=take_over, option=OPTION)
