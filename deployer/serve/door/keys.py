"""Whether a request carries the key of somebody, found in constant time."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.serve.door.terms import NamedKey

BEARER = re.compile(r"bearer +([!-~]+) *", re.IGNORECASE)
"""RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1)."""


def digest(key: str) -> str:
    """Give what is compared in place of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def holder(given: Sequence[str], keys: Sequence[NamedKey]) -> str | None:
    """Name whose key the ``Authorization`` headers hold; None for nobody's.

    Every key is compared with, whichever fits, so that time tells neither which one nor how much of
    it was right. Two such headers are nobody's: two readers could take different ones.
    """
    found = BEARER.fullmatch(given[0]) if len(given) == 1 else None
    shown = digest(found[1] if found else "")
    name = None
    for key in keys:
        if hmac.compare_digest(shown, key.sha256) and found:
            name = key.name
    return name
