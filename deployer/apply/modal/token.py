"""Whether there can be a Modal token at all, told without the client, whose import is slow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES = ("MODAL_TOKEN_ID", "MODAL_OAUTH_REFRESH_TOKEN", "MODAL_IS_REMOTE")
"""What gives the client credentials beside its file (``modal/config.py`` of 1.6.4)."""


def is_surely_missing(environ: Mapping[str, str]) -> bool:
    """Tell that neither a variable nor the client's file can hold a token.

    False says nothing: the client itself is then asked.
    """
    if any(environ.get(name) for name in VARIABLES):
        return False
    named = environ.get("MODAL_CONFIG_PATH")
    return not (Path(named) if named else Path("~/.modal.toml").expanduser()).is_file()
