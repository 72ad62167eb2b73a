"""What the reference of an engine image says: its tag, its release, its CUDA."""

from __future__ import annotations

import re
from dataclasses import dataclass

REFERENCE = re.compile(r"(?P<name>[^@]+?)(?::(?P<tag>[^:@/]+))?(?:@(?P<digest>sha256:[0-9a-f]+))?")
RELEASE = re.compile(r"v(\d+\.\d+\.\d+(?:\.?post\d+)?)(?=$|-)")
CUDA = re.compile(r"-cu(\d\d)(\d)")

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


def image(reference: str | None) -> Image | None:
    """Read a reference; None where there is none."""
    match = REFERENCE.fullmatch(reference or "")
    if match is None:
        return None
    tag = match["tag"] or ""
    release, cuda = RELEASE.match(tag), CUDA.search(tag)
    return Image(
        name=match["name"],
        tag=tag,
        digest=match["digest"] or "",
        release=re.sub(r"(\d)post", r"\1.post", release[1]) if release else "",
        cuda=(int(cuda[1]), int(cuda[2])) if cuda else None,
    )
