"""That what the Makefile offers can be made, and is there once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

MAKEFILE = Path("Makefile").read_text(encoding="utf-8")


def test_every_target_is_there_once_and_declared() -> None:
    targets = Counter(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
    declared = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)

    assert set(targets.values()) == {1}
    assert len(declared) == 1
    assert sorted(declared[0].split()) == sorted(targets)
