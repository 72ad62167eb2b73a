"""The reference of an image: the registry, the name in it, the tag, the digest.

The grammar is that of distribution/reference (``reference.go``), and what is left out follows
Docker's own rule (its ``normalize.go``): Docker Hub, and there the namespace `library`.
"""

from __future__ import annotations

from dataclasses import dataclass

from deployer.late import compile_pattern

REFERENCE = compile_pattern(
    r"(?P<name>[^@]+?)(?::(?P<tag>[^:@/]+))?(?:@(?P<digest>sha256:[0-9a-f]+))?"
)

HUB = "docker.io"
HUB_HOST = "registry-1.docker.io"
"""The machine that answers for :data:`HUB` (docker/docs, "Registry API")."""

_ALSO_HUB = {"index.docker.io", HUB_HOST}


@dataclass(frozen=True, slots=True)
class Reference:
    """An image: ``host`` is the registry's, ``path`` the name there; tag and digest may be ''."""

    name: str
    host: str
    path: str
    tag: str
    digest: str


def read(text: str) -> Reference | None:
    """Take a reference apart; None for what is none."""
    match = REFERENCE.fullmatch(text)
    if match is None:
        return None
    first, _, rest = match["name"].partition("/")
    known = bool(rest) and ("." in first or ":" in first or first == "localhost")
    host, path = (first, rest) if known else (HUB, match["name"])
    if host in {HUB, *_ALSO_HUB}:
        host, path = HUB_HOST, path if "/" in path else f"library/{path}"
    return Reference(match["name"], host, path, match["tag"] or "", match["digest"] or "")
