"""The order of SGLang releases."""

from __future__ import annotations

import functools
import re

from deployer.late import compile_pattern

RELEASE = r"^[0-9]{1,6}(\.[0-9]{1,6}){2}(\.post[0-9]{1,6})?$"
"""How a release is written. Longer numbers than six digits are no release of anything."""

_RELEASE = compile_pattern(RELEASE)


@functools.lru_cache(maxsize=1024)
def release_key(version: str) -> tuple[int, ...]:
    """Turn ``0.5.10.post1`` into a key that orders releases; raises ValueError otherwise."""
    if not is_release(version):
        msg = f"{version!r} is not an SGLang release such as 0.5.10.post1"
        raise ValueError(msg)
    numbers = [int(part) for part in re.findall("[0-9]+", version)]
    return (*numbers, 0)[:4]


def is_release(version: str) -> bool:
    """Whether a text is the name of a release such as ``0.5.10.post1``."""
    return _RELEASE.fullmatch(version) is not None
