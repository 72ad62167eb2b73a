"""From a profile to a plan: what is deployed is looked up, or remembered."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deployer.cli.say import tell

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.plan.deployment import Plan
    from deployer.plan.keys import Written
    from deployer.release import Release


def plan_of(release: Release, written: Written, file: str, *, offline: bool = False) -> Plan:
    """Make the plan of a release for Modal, offline where there is no token.

    ``file`` is the mark of the profile's file.

    Raises Failure for what is wrong or cannot be asked.
    """
    from deployer.apply.modal.prices import known  # noqa: PLC0415 - only what a plan needs
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
    from deployer.plan.deployment import make_plan  # noqa: PLC0415 - as above

    account = None if offline else account_or_none(release)
    if account is not None:
        return live_plan(account, release, written, file)
    from deployer.apply.modal.remembering import remember  # noqa: PLC0415 - only offline

    pinned, standing = remember(release, Records())
    return make_plan(pinned, standing, known(), written=written, file=file)


def live_plan(
    account: Account, release: Release, written: Written | None = None, file: str = ""
) -> Plan:
    """Make the plan of a compiled release: Modal and the hub are asked, nothing is touched."""
    from deployer.apply.modal.prices import known  # noqa: PLC0415 - only what a plan needs
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
    from deployer.apply.modal.standing import look  # noqa: PLC0415 - imports modal
    from deployer.plan.deployment import make_plan  # noqa: PLC0415 - as above

    pinned, standing = look(account, release, Records(), os.environ)
    return make_plan(pinned, standing, known(), written=written, file=file)


def read(profile: str, content: str | None = None) -> tuple[Release, Written]:
    """Read, check and compile a profile; gives which keys it states, too.

    ``content`` is its text where that was read already.
    """
    from deployer.cli.reading import read_sound  # noqa: PLC0415 - only for a profile
    from deployer.compile.release import compile_profile  # noqa: PLC0415 - pydantic

    found, keys = read_sound(profile, content)
    return compile_profile(found), keys.__contains__


def account_or_none(release: Release) -> Account | None:
    """Connect to the release's environment; None, and a word about it, without a token."""
    from deployer.apply.modal.client import Account, has_token  # noqa: PLC0415 - imports modal
    from deployer.apply.unseen import NO_TOKEN, not_asked_words  # noqa: PLC0415 - as above

    if not has_token():
        tell(f"{not_asked_words(NO_TOKEN)}.")
        return None
    return Account(release.modal.environment if release.modal else "")
