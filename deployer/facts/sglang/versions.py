"""The order of SGLang releases."""

from __future__ import annotations

import re


def release_key(version: str) -> tuple[int, ...]:
    """Turn ``0.5.10.post1`` into a key that orders releases; raises ValueError otherwise."""
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:\.post(\d+))?", version)
    if match is None:
        msg = f"{version!r} is not an SGLang release such as 0.5.10.post1"
        raise ValueError(msg)
    return tuple(int(part or 0) for part in match.groups())
