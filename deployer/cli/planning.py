"""From a profile to a plan: what is deployed is looked up, or, where asked for, remembered."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.cli.say import tell
from deployer.errors import NotAsked, NotReached

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.behaviour.checkpoints import Checkpoints
    from deployer.compile.case import Case
    from deployer.plan.deployment import Plan
    from deployer.plan.keys import Written
    from deployer.profile.layers import Text
    from deployer.release import Release

FROM_RECORD = "`plan --offline` compares with what is on record here"


@dataclass(frozen=True, slots=True)
class Meant:
    """A profile that was read and is right: its name and text, and which keys it states."""

    profile: str
    text: Text
    case: Case
    keys: frozenset[str]

    @property
    def release(self) -> Release:
        """What it and its lock compile to."""
        return self.case.release

    @property
    def lock(self) -> str:
        """The text of its lock; empty where it has none."""
        return "" if self.case.lock is None else self.case.lock.to_json()

    @property
    def given(self) -> Checkpoints | None:
        """What its lock says of its repositories; None without one: a plan has both or neither."""
        return None if self.case.lock is None else self.case.given

    @property
    def written(self) -> Written:
        """Whether it states a key."""
        return self.keys.__contains__


def plan_of(meant: Meant, file: str, *, offline: bool = False) -> Plan:
    """Make the plan of a profile for Modal; ``offline`` asks nobody, and takes what is on record.

    ``file`` is the mark of the profile's file.

    Raises Failure for what is wrong or cannot be asked. A record never stands in for an answer
    unless that is asked for.
    """
    if offline:
        return _recorded_plan(meant, file)
    from deployer.apply.modal.accounts import account, refuse_no_token  # noqa: PLC0415 - only here

    try:
        refuse_no_token()
        modal = meant.release.modal
        return live_plan(account(modal.environment if modal else ""), meant, file)
    except (NotAsked, NotReached) as unseen:
        unseen.hint = "; ".join(part for part in (unseen.hint, FROM_RECORD) if part)
        raise


def live_plan(account: Account, meant: Meant, file: str = "") -> Plan:
    """Make the plan of a profile: Modal and the hub are asked, nothing is touched.

    Without a lock the hub is asked what the model is, and the checks look at that. Raises Failure
    where they find it not right.
    """
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - only what a plan needs
    from deployer.apply.modal.standing import look  # noqa: PLC0415 - imports modal
    from deployer.cli.learning import learnt  # noqa: PLC0415 - as above
    from deployer.cli.pricing import prices  # noqa: PLC0415 - as above
    from deployer.plan.deployment import make_plan  # noqa: PLC0415 - as above

    case = learnt(meant.profile, meant.text, meant.case)
    pinned, standing = look(account, case.release, Records(), os.environ, case.given)
    return make_plan(
        pinned, standing, prices(), written=meant.written, file=file, given=meant.given
    )


def read(profile: str) -> Meant:
    """Read and check a profile with its lock, and compile them."""
    from deployer.cli.layers import read_profile  # noqa: PLC0415 - only for a profile
    from deployer.cli.locks import read_lock  # noqa: PLC0415 - as above
    from deployer.cli.reading import read_sound  # noqa: PLC0415 - as above

    text = read_profile(profile)
    case, keys = read_sound(profile, text, read_lock(profile))
    return Meant(profile, text, case, keys)


def _recorded_plan(meant: Meant, file: str) -> Plan:
    """Make a plan from what is on record here, and say how old that is."""
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - only offline
    from deployer.apply.modal.remembering import remember  # noqa: PLC0415 - as above
    from deployer.apply.unseen import OFFLINE, not_asked_words  # noqa: PLC0415 - as above
    from deployer.cli.moments import ago  # noqa: PLC0415 - as above
    from deployer.cli.pricing import prices  # noqa: PLC0415 - as above
    from deployer.plan.deployment import make_plan  # noqa: PLC0415 - as above

    pinned, standing = remember(meant.release, Records())
    deployed = standing.deployed
    known = "nothing is on record here"
    if deployed is not None:
        known = f"what is on record here was written down {ago(deployed.when)}"
    tell(f"{not_asked_words(OFFLINE)}; {known}.")
    return make_plan(
        pinned, standing, prices(), written=meant.written, file=file, given=meant.given
    )
