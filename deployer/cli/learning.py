"""What the hub says of a profile that has no lock: asked, told, and judged by the checks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.cli.reading import colored_stderr, counts, stops
from deployer.cli.say import tell
from deployer.errors import Failure
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.compile.case import Case
    from deployer.finding import Finding
    from deployer.lock.lock import Lock
    from deployer.profile.layers import Text

SHORT = 12


def learnt(profile: str, text: Text, case: Case) -> Case:
    """Give a profile with what the hub says of its repositories, where no lock does.

    It is the same profile where the hub has no answer: that is said, and whoever pins a branch
    asks again. Raises Failure where a check finds by it that the profile is not right.
    """
    if case.lock is not None or not case.release.sources():
        return case
    lock = _asked(case)
    if lock is None:
        return case
    _tell(profile, lock)
    return _judged(profile, text, case, lock)


def _asked(case: Case) -> Lock | None:
    from deployer.apply.hub import ONCE  # noqa: PLC0415 - requests, only without a lock
    from deployer.apply.locking import Asked  # noqa: PLC0415 - as above

    try:
        return Asked(os.environ, ONCE).without_image(case.release)
    except Failure as failure:
        tell(f"note: what the model is was not found out: {visible(failure.message)}")
        return None


def _tell(profile: str, lock: Lock) -> None:
    from deployer.lock.moved import sized  # noqa: PLC0415 - only without a lock

    for one in lock.repositories:
        size = f"{len(one.files)} files, {sized(one.bytes)}"
        tell(f"{one.repo} {one.revision} is commit {one.commit[:SHORT]}: {size}")
        if one.called:
            tell(f"note: the hub calls {one.repo} {one.called} now")
        if one.role == "model":
            for unknown in one.checkpoint("the hub").not_understood:
                tell(f"note: of {one.repo} it is not understood: {visible(unknown)}")
    if Path(profile).is_file():
        tell(f"`deployer lock {visible(profile)}` keeps that for every verb, without a network.")


def _judged(profile: str, text: Text, case: Case, lock: Lock) -> Case:
    """Let the checks look at the profile again, and say what they find beyond what they said."""
    from deployer.check.run import judge  # noqa: PLC0415 - as above
    from deployer.lock.lock import FoundLock  # noqa: PLC0415 - as above
    from deployer.report.findings import text as report  # noqa: PLC0415 - as above

    before = {_key(one) for one in judge(text, profile).findings}
    judged = judge(text, profile, beside=FoundLock("", lock, source="the hub", whole=False))
    new = [one for one in judged.findings if _key(one) not in before and counts(one)]
    if new:
        tell(report(new, color=colored_stderr()), end="")
    if any(map(stops, new)):
        message = f"{profile} is not right, as the hub describes its model, so nothing was done"
        raise Failure(message, hint="Mend what is said above")
    return judged.whole or case


def _key(one: Finding) -> tuple[str, str, str]:
    return one.check, one.path, one.message
