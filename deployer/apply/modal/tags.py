"""What a deployment says of itself on Modal: its tags, and the tag of one version of it."""

from __future__ import annotations

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

LONGEST = 63
"""Characters of a tag's value; a version's tag has 50 at most (modal 1.6.4)."""


def short_digest(release: Release) -> str:
    """Give the digest as tags have it."""
    return release.digest()[:DIGEST_LENGTH]


def app_tags(release: Release, file: str = "") -> dict[str, str]:
    """Give the tags of the app; ``file`` is the mark of the profile's file, '' for none."""
    return {
        **({FILE: file} if file else {}),
        DIGEST: short_digest(release),
        PROFILE: profile_tag(release.name),
        ENGINE: _fitting(f"{release.engine.name}-{release.engine.version}"),
        VERSION: _fitting(version()),
    }


def is_ours(tags: Mapping[str, str]) -> bool:
    """Tell whether an app says that deployer deployed it."""
    return bool(tags.get(DIGEST)) and bool(tags.get(PROFILE))


def profile_tag(name: str) -> str:
    """Give a profile's name as its app's tag has it."""
    return _fitting(name)


def verified_tag(digest: str, when: float) -> str:
    """Write that a release kept every promise, at a time in seconds since the epoch."""
    return f"{digest}.{when:.0f}"


def verified_at(tags: Mapping[str, str], digest: str) -> float:
    """Say when a release was last seen to keep every promise; 0 where no tag says so."""
    said, _, when = tags.get(VERIFIED, "").partition(".")
    return float(when) if said == digest and when.isascii() and when.isdigit() else 0.0


def _fitting(text: str) -> str:
    """Replace what Modal takes in no tag."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", text)[:LONGEST]
