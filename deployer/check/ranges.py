"""For which engine releases and GPUs a check holds."""

from __future__ import annotations

from dataclasses import dataclass

from deployer.facts.gpus import GPUS
from deployer.facts.sglang.versions import release_key
from deployer.profile.model import Profile


@dataclass(frozen=True, slots=True)
class Engines:
    """A range of engine releases: from ``since`` on, up to but without ``before``.

    An empty text is an open end. ``Engines("0.5.9", "0.5.14")`` holds for 0.5.13 and not for
    0.5.14. Raises ValueError for what is no release.
    """

    since: str = ""
    before: str = ""

    def __post_init__(self) -> None:
        """Refuse bounds that no release lies between."""
        bounds = [release_key(bound) for bound in (self.since, self.before) if bound]
        if bounds != sorted(set(bounds)):
            msg = f"no release lies between {self.since} and {self.before}"
            raise ValueError(msg)

    def __str__(self) -> str:
        """Say the range as a reader wants it: ``from 0.5.9 on, before 0.5.14``."""
        ends = (
            f"from {self.since} on" if self.since else "",
            f"before {self.before}" if self.before else "",
        )
        return ", ".join(end for end in ends if end) or "every release"

    def holds(self, version: str) -> bool:
        """Whether a release lies in the range."""
        begun = not self.since or release_key(version) >= release_key(self.since)
        return begun and not self.passed(version)

    def passed(self, version: str) -> bool:
        """Whether a release lies after the range."""
        return bool(self.before) and release_key(version) >= release_key(self.before)


EVERY_RELEASE = Engines()


def on_gpu(profile: Profile, gpus: tuple[str, ...]) -> bool:
    """Whether a profile's GPU is one of these, by its name or architecture (``B200``, ``sm90``).

    None stated means any GPU, and none at all. `H100!` is an H100.
    """
    if not gpus:
        return True
    name = profile.hardware.gpu
    known = GPUS.get(name)
    own = {name, name.rstrip("!"), known.architecture if known is not None else name}
    return not own.isdisjoint(gpus)
