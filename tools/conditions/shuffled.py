"""A pytest plugin: all tests in an order drawn by lot, or by ``DEPLOYER_SEED``, which is shown."""

from __future__ import annotations

import os
import random
from typing import Any

SEED = os.environ.setdefault("DEPLOYER_SEED", str(random.randrange(10**6)))  # noqa: S311 - an order


def pytest_report_header() -> str:
    """Say how to get the same order again."""
    return f"in random order: DEPLOYER_SEED={SEED}"


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Shuffle what was collected."""
    random.Random(SEED).shuffle(items)  # noqa: S311 - an order
