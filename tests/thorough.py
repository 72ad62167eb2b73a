"""How much is tried: a part of it each time, all of it with `make thorough`."""

from __future__ import annotations

import os

THOROUGH = os.environ.get("DEPLOYER_THOROUGH", "") == "1"
