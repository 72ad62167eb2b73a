"""Which options and words hold a secret: they are never repeated."""

from __future__ import annotations

import re

SECRET = re.compile(r"(^|-)(key|token|secret|password)(-file)?$")
NOT_SECRET = frozenset({"--ssl-keyfile", "--skip-tokenizer-init"})
NAMED = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)", re.IGNORECASE)
"""What the name of a secret holds, where no release says what the name is for."""

KEY = r"(hf_|sk-|ak-|as-)[A-Za-z0-9_-]{16,}"
LOOKS = re.compile(KEY)
"""What keys of Hugging Face, OpenAI and Modal look like, wherever they stand."""

IS_KEY = re.compile(rf"^{KEY}$")
"""A text that is such a key and nothing else."""

HIDDEN = "***"


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
        return f"{name}={HIDDEN}" if LOOKS.search(name) is None else HIDDEN
    return LOOKS.sub(HIDDEN, word)
