"""From a profile to a plan: what is deployed is looked up, or, where asked for, remembered."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deployer.cli.say import tell
from deployer.errors import NotAsked, NotReached

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.plan.deployment import Plan
    from deployer.plan.keys import Written
    from deployer.release import Release

FROM_RECORD = "`plan --offline` compares with what is on record here"


def plan_of(release: Release, written: Written, file: str, *, offline: bool = False) -> Plan:
    """Make the plan of a release for Modal; ``offline`` asks nobody, and takes what is on record.

    ``file`` is the mark of the profile's file.

    Raises Failure for what is wrong or cannot be asked. A record never stands in for an answer
    unless that is asked for.
    """
    if offline:
        return _recorded_plan(release, written, file)
    from deployer.cli.target import refuse_no_token  # noqa: PLC0415 - only what a plan needs

    try:
        refuse_no_token()
        from deployer.apply.modal.client import Account  # noqa: PLC0415 - imports modal

        account = Account(release.modal.environment if release.modal else "")
        return live_plan(account, release, written, file)
    except (NotAsked, NotReached) as unseen:
        unseen.hint = "; ".join(part for part in (unseen.hint, FROM_RECORD) if part)
        raise


def live_plan(
    account: Account, release: Release, written: Written | None = None, file: str = ""
) -> Plan:
    """Make the plan of a compiled release: Modal and the hub are asked, nothing is touched."""
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - only what a plan needs
    from deployer.apply.modal.standing import look  # noqa: PLC0415 - imports modal
    from deployer.cli.pricing import prices  # noqa: PLC0415 - as above
    from deployer.plan.deployment import make_plan  # noqa: PLC0415 - as above

    pinned, standing = look(account, release, Records(), os.environ)
    return make_plan(pinned, standing, prices(), written=written, file=file)


def read(profile: str, content: str | None = None) -> tuple[Release, Written]:
    """Read, check and compile a profile; gives which keys it states, too.

    ``content`` is its text where that was read already.
    """
    from deployer.cli.reading import read_sound  # noqa: PLC0415 - only for a profile

    found, keys = read_sound(profile, content)
    return found.release, keys.__contains__


def _recorded_plan(release: Release, written: Written, file: str) -> Plan:
    """Make a plan from what is on record here, and say how old that is."""
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - only offline
    from deployer.apply.modal.remembering import remember  # noqa: PLC0415 - as above
    from deployer.apply.unseen import OFFLINE, not_asked_words  # noqa: PLC0415 - as above
    from deployer.cli.moments import ago  # noqa: PLC0415 - as above
    from deployer.cli.pricing import prices  # noqa: PLC0415 - as above
    from deployer.plan.deployment import make_plan  # noqa: PLC0415 - as above

    pinned, standing = remember(release, Records())
    deployed = standing.deployed
    known = "nothing is on record here"
    if deployed is not None:
        known = f"what is on record here was written down {ago(deployed.when)}"
    tell(f"{not_asked_words(OFFLINE)}; {known}.")
    return make_plan(pinned, standing, prices(), written=written, file=file)
