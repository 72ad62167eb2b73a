"""The exception that an engine died of, out of the last lines of its log.

SGLang's parent kills its group when a child fails, so that what is seen of the end is a SIGKILL
("killed by SIGKILL (9)" for "Loaded weights leave no GPU memory", 0.5.17 on an H200).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

EXCEPTION = re.compile(
    r"^(?:\[[^\]]*\] ?)*(?P<said>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception): .+)$"
)

LIMIT = 300
"""Characters of an exception that a headline bears."""


def cause(lines: Sequence[str]) -> str:
    """Give the last exception that the lines name, cut where it is long, or nothing."""
    for line in reversed(lines):
        if found := EXCEPTION.match(line.strip()):
            said = found["said"]
            return said if len(said) <= LIMIT else f"{said[:LIMIT]}…"
    return ""
