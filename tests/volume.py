"""How much is tried: one switch, `DEPLOYER_VOLUME`, for whoever runs the tests.

`fast` is what `make check` tries, `ci` what `make test` does, and `thorough` what `make thorough`
does. The examples that hypothesis makes up come from here too, through the profile of the same
name that `conftest.py` registers.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

EXAMPLES = {"fast": 10, "ci": 60, "thorough": 500}
"""Examples that a law is tried on; what costs more or finds more says `scaled`."""

VOLUME = os.environ.get("DEPLOYER_VOLUME", "fast")

THOROUGH = VOLUME == "thorough"


def scaled(factor: float, **how: Any) -> settings:
    """Try a law on so many times the examples of the profile, whichever that is."""
    return settings(max_examples=max(1, round(settings().max_examples * factor)), **how)
