"""Which options hold a secret: their values are never repeated."""

from __future__ import annotations

import re

SECRET = re.compile(r"(^|-)(key|token|secret|password)(-file)?$")
NOT_SECRET = frozenset({"--ssl-keyfile", "--skip-tokenizer-init"})
HIDDEN = "***"


def is_secret(string: str) -> bool:
    """Whether an option of that spelling holds a secret."""
    return string not in NOT_SECRET and SECRET.search(string.lstrip("-")) is not None


def shown(string: str, word: str) -> str:
    """Give a value as it may be shown."""
    return HIDDEN if is_secret(string) else word
