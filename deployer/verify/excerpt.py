"""The beginning of what a server said, fit to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from deployer.verify.endpoint import Endpoint

LIMIT = 300
"""The most characters of an answer that are shown."""


def excerpt(endpoint: Endpoint, said: object) -> str:
    """Give the beginning of a body, a text or an SDK object in one line, without the key.

    The key goes first: cut in two, it could no longer be found. Control characters would reach
    the terminal, so that everything but plain text is escaped.
    """
    if isinstance(said, BaseModel):
        # The SDK's classes hold what was sent, of whatever type: that is no cause for warnings.
        said = said.model_dump_json(exclude_unset=True, warnings=False)
    line = " ".join(endpoint.hide(str(said)).split())
    shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line[:LIMIT])
    return f"{shown}…" if len(line) > LIMIT else shown or "(empty)"
