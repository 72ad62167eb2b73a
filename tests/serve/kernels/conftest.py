"""A kitchen for each test, with a volume that is there and empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from .kitchen import Kitchen


@pytest.fixture
def kitchen(tmp_path: Path, marker: str) -> Kitchen:
    (tmp_path / "volume").mkdir()
    return Kitchen(tmp_path, marker)
