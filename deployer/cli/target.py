"""What a name or a profile's path on the command line stands for: here, or on Modal."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.errors import UsageError

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.records import Record, Records
    from deployer.release import Release


@dataclass(frozen=True, slots=True)
class Here:
    """A deployment on this machine."""

    name: str


@dataclass(frozen=True, slots=True)
class OnModal:
    """A deployment on Modal.

    ``release`` is what the profile compiles to, or what was deployed where a name was given;
    None where that is not on this machine any more.
    """

    record: Record
    release: Release | None
    from_profile: bool

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.record.name


Target = Here | OnModal


def target_of(given: str) -> Target:
    """Find out what is meant. Raises UsageError for a name that stands for nothing.

    A name that is used in both places stands for the one on this machine; the path of a profile
    is never ambiguous.
    """
    if given.endswith((".yaml", ".yml")):
        return _of_profile(given)
    from deployer.apply.local.folder import folder_of  # noqa: PLC0415 - only for a name
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above

    if folder_of(given, os.environ).state.exists():
        return Here(given)
    records = Records()
    found = [r for r in records.all() if given in {r.name, r.app}]
    if len(found) > 1:
        where = ", ".join(f"{r.app} in {r.environment or 'the default environment'}" for r in found)
        message = f"`{given}` was deployed more than once: {where}"
        raise UsageError(message, hint="give the path of its profile")
    if not found:
        raise _nothing(given, records)
    return OnModal(found[0], records.release(found[0].digest), from_profile=False)


def account_of(target: OnModal) -> Account:
    """Connect to the Modal environment of a deployment. Raises Failure without a token."""
    from deployer.apply.modal.client import Account  # noqa: PLC0415 - imports modal

    return Account(target.record.environment)


def _of_profile(path: str) -> Target:
    from deployer.apply.modal.records import Record, Records  # noqa: PLC0415 - only for a path
    from deployer.cli.reading import read_release  # noqa: PLC0415 - as above

    release = read_release(path)
    parameters = release.modal
    if parameters is None:
        return Here(release.name)
    record = Records().record(parameters.app, parameters.environment)
    unknown = Record(
        name=release.name,
        app=parameters.app,
        environment=parameters.environment,
        endpoint=parameters.endpoint,
        digest="",
        version=0,
        when=0.0,
        url="",
    )
    return OnModal(record or unknown, release, from_profile=True)


def _nothing(given: str, records: Records) -> UsageError:
    from deployer.apply.local.folder import folders  # noqa: PLC0415 - only for a mistake

    names = [f.name for f in folders(os.environ)] + [r.name for r in records.all()]
    near = difflib.get_close_matches(given, names, n=1)
    if near:
        hint = f"did you mean `{near[0]}`?"
    elif names:
        hint = f"deployed from here: {', '.join(sorted(set(names)))}"
    else:
        hint = "nothing is deployed from here yet: `deployer apply PROFILE` does that"
    message = f"there is no deployment named `{given}`"
    return UsageError(message, hint=hint)
