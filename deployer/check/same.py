"""A profile as the key of a cache: what is computed from it once serves every check."""

from __future__ import annotations

from deployer.profile.model import Profile


class Same:
    """Compares a profile by identity: hashing every value would cost more than it saves."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def __eq__(self, other: object) -> bool:
        """Whether the other holds the very same profile."""
        return isinstance(other, Same) and self.profile is other.profile

    def __hash__(self) -> int:
        """Follow the identity."""
        return id(self.profile)
