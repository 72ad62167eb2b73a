"""Which variables and values are secrets, so that no import ever shows them.

Wider than the check `secret-in-profile`: a variable that is kept back for nothing is named in a
note, and one that is shown is out.
"""

from __future__ import annotations

from deployer.late import compile_pattern
from deployer.secret import looks_secret, may_name_secret, within_json

WITHIN = compile_pattern(r"://[^/@\s]+@")
"""A user, with or without a password, in an address."""


def is_secret_name(name: str) -> bool:
    """Whether a variable of that name is there to hold a secret."""
    return may_name_secret(name)


def is_secret_value(value: str) -> bool:
    """Whether a text looks like a key, holds one by its name, or a password in an address."""
    return looks_secret(value) or within_json(value) or WITHIN.search(value) is not None
