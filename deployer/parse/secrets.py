"""Which options and words hold a secret: they are never repeated.

What a secret looks like by itself is known to :mod:`deployer.secret`.
"""

from __future__ import annotations

import re

from deployer.late import compile_pattern
from deployer.secret import HIDDEN, looks_secret, masked

SECRET = compile_pattern(r"(^|-)(key|token|secret|password)(-file)?$")
NOT_SECRET = frozenset({"--ssl-keyfile", "--skip-tokenizer-init"})
NAMED = compile_pattern(r"(KEY|TOKEN|SECRET|PASSWORD)", re.IGNORECASE)
"""What the name of a secret holds, where no release says what the name is for."""


def is_secret(string: str) -> bool:
    """Whether an option of that spelling holds a secret."""
    return string not in NOT_SECRET and SECRET.search(string.lstrip("-")) is not None


def shown(string: str, word: str) -> str:
    """Give a value as it may be shown."""
    return HIDDEN if is_secret(string) else shown_alone(word)


def shown_alone(word: str) -> str:
    """Give a word of which only itself is known: keys and `api_key=...` are hidden."""
    name, equals, _ = word.partition("=")
    if equals and NAMED.search(name):
        return f"{name}={HIDDEN}" if not looks_secret(name) else HIDDEN
    return masked(word)
