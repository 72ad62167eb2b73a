"""What a deployment says of itself on Modal: its tags, and the tag of one version of it."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from deployer.distribution import version
from deployer.plan.standing import DIGEST_LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.release import Release

DIGEST = "deployer.release"
PROFILE = "deployer.profile"
ENGINE = "deployer.engine"
VERSION = "deployer.version"
FILE = "deployer.file"
VERIFIED = "deployer.verified"
"""Which release was last seen to keep every promise, and when, for whoever asks from elsewhere."""

OWED = "deployer.owed"
"""Which release is to be verified still: written with the version, cleared when its containers
answered and kept their promises."""

NUMBER = "deployer.number"
"""Of which version the tags are: a rollback by hand leaves those of another one."""

PHASE = "deployer.phase"
"""What an app is for that is no deployment of its own: ``weights``, ``kernels``, ``image``,
``candidate``."""

WEIGHTS = "weights"
"""The phase of a download."""

FETCHES = "deployer.fetches"
"""What a download fetches, and where to: a release of other flags needs the same."""

CANDIDATE = "deployer.candidate"
"""The app beside which a candidate of a release is deployed, on an app that is one."""

LONGEST = 63
"""Characters of a tag's value; a version's tag has 50 at most (modal 1.6.4)."""


def short_digest(release: Release) -> str:
    """Give the digest as tags have it."""
    return release.digest()[:DIGEST_LENGTH]


def fetched(release: Release) -> str:
    """Give the mark of what a release's download fetches, and where to."""
    volume = "" if release.modal is None else release.modal.weights.volume
    named = [[one.repo, one.commit or one.revision, one.path] for one in release.sources()]
    return hashlib.sha256(json.dumps([volume, *named]).encode()).hexdigest()[:DIGEST_LENGTH]


Made = tuple[str, str]
"""A phase, and the mark of what it makes: what it fetches, or the release."""


def made(phase: str, release: Release) -> Made:
    """Give what a phase of a release makes."""
    return phase, fetched(release) if phase == WEIGHTS else short_digest(release)


def made_in(tags: Mapping[str, str]) -> Made:
    """Give what is made in an app; ('', its release) in one that is a deployment."""
    phase = tags.get(PHASE, "")
    return phase, tags.get(FETCHES if phase == WEIGHTS else DIGEST, "")


def app_tags(
    release: Release,
    file: str = "",
    *,
    phase: str = "",
    owed: bool = False,
    number: int = 0,
    candidate: str = "",
) -> dict[str, str]:
    """Give the tags of the app; ``file`` is the mark of the profile's file, '' for none.

    ``phase`` is what an app that is not deployed is run for. ``owed`` says that the server is to
    keep its promises, and was not seen to yet: it is published with the version itself, whose
    ``number`` is. ``candidate`` is the app that it is a candidate of.
    """
    return {
        **({CANDIDATE: candidate} if candidate else {}),
        **({FILE: file} if file else {}),
        **({PHASE: phase} if phase else {}),
        **({FETCHES: fetched(release)} if phase == WEIGHTS else {}),
        **({OWED: short_digest(release)} if owed else {}),
        **({NUMBER: str(number)} if number else {}),
        DIGEST: short_digest(release),
        PROFILE: profile_tag(release.name),
        ENGINE: _fitting(f"{release.engine.name}-{release.engine.version}"),
        VERSION: _fitting(version()),
    }


def is_of(tags: Mapping[str, str], version: int) -> bool:
    """Tell whether an app's tags are those of this version, and not of one before it."""
    return tags.get(NUMBER) == str(version)


def is_ours(tags: Mapping[str, str]) -> bool:
    """Tell whether an app says that deployer deployed it."""
    return bool(tags.get(DIGEST)) and bool(tags.get(PROFILE))


def profile_tag(name: str) -> str:
    """Give a profile's name as its app's tag has it."""
    return _fitting(name)


def proven(tags: Mapping[str, str], digest: str, version: int, when: float) -> dict[str, str]:
    """Give the tags of an app of which a version was asked for its promises.

    ``when`` is when it kept every one, seconds since the epoch, and 0 where it did not: then that
    is owed.
    """
    kept = {key: value for key, value in tags.items() if key not in {VERIFIED, OWED}}
    return kept | ({VERIFIED: f"{digest}.{when:.0f}.{version}"} if when else {OWED: digest})


def verified_at(tags: Mapping[str, str], digest: str, version: int) -> float:
    """Say when a version was last seen to keep every promise; 0 where no tag says so.

    Tags that name no version are of a time when none was written.
    """
    said, _, rest = tags.get(VERIFIED, "").partition(".")
    when, _, of = rest.partition(".")
    if said != digest or not (when.isascii() and when.isdigit()) or of not in {"", str(version)}:
        return 0.0
    return float(when)


def is_owed(tags: Mapping[str, str], digest: str, version: int) -> bool:
    """Tell whether a version is to be verified, and was not seen to keep its promises since.

    A rollback may bring the tags of an older version back: what that one proved, this one did not.
    """
    if tags.get(OWED) == digest:
        return True
    return tags.get(VERIFIED, "").startswith(f"{digest}.") and not verified_at(
        tags, digest, version
    )


def _fitting(text: str) -> str:
    """Replace what Modal takes in no tag."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", text)[:LONGEST]
