"""What the reference of an engine image says: its tag, its release, its CUDA."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deployer.late import compile_pattern
from deployer.lock import reference

RELEASE = compile_pattern(r"v(\d+\.\d+\.\d+(?:\.?post\d+)?)(?=$|-)")
CUDA = compile_pattern(r"-cu(\d\d)(\d)")

OFFICIAL = ("lmsysorg/sglang", "docker.io/lmsysorg/sglang")
"""Whose tags are read here: `v0.5.10.post1-cu130` is a release and a CUDA."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image: ``release`` and ``cuda`` are empty where the tag does not say them.

    ``official`` is SGLang's own. ``cuda`` is major and minor, ``(13, 0)`` for `cu130`.
    """

    name: str
    tag: str
    digest: str
    release: str
    cuda: tuple[int, int] | None

    @property
    def official(self) -> bool:
        """Whether SGLang published it, so that its tag can be read."""
        return self.name in OFFICIAL


def image(text: str | None) -> Image | None:
    """Read a reference; None where there is none."""
    read = reference.read(text or "")
    if read is None:
        return None
    tag = read.tag
    release, cuda = RELEASE.match(tag), CUDA.search(tag)
    return Image(
        name=read.name,
        tag=tag,
        digest=read.digest,
        release=re.sub(r"(\d)post", r"\1.post", release[1]) if release else "",
        cuda=(int(cuda[1]), int(cuda[2])) if cuda else None,
    )
