"""How many containers share a download: as many as its size is worth and its volume bears."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from deployer.facts.sizes import WRITERS

if TYPE_CHECKING:
    from deployer.release import ModalParameters

EACH = 25e9
"""Bytes that are worth a container: 2 to 4 minutes at the 97 to 194 MB/s that Modal's example of a
download by one container comes to (``very_large_models.py``, 350 GB in 30 to 60 minutes)."""


def containers(modal: ModalParameters, size: float | None) -> int:
    """Give the containers that download ``size`` bytes: those that are stated, or what follows.

    Where the size is not known (None), it is the most that they may be.
    """
    if modal.download_containers:
        return modal.download_containers
    most = WRITERS[modal.weights.version or 1]
    return most if size is None else max(1, min(most, math.ceil(size / EACH)))
