"""What to do with a file that was given for a profile and is something that `import` reads."""

from __future__ import annotations

import os
from collections.abc import Sequence

from deployer.cli.say import tell
from deployer.errors import DeployerError
from deployer.visible import visible

MOST_SAID = 20
"""Files of which is said that they are no profiles."""


def tell_others(paths: Sequence[str]) -> None:
    """Say it of files that were given for profiles."""
    for path in paths[:MOST_SAID]:
        if said := instead(path):
            tell(f"{said}.")


def instead(path: str) -> str:
    """Say that a file would be imported; the empty text where it may be meant as a profile."""
    from deployer.adopt.kind import foreign  # noqa: PLC0415 - only for what is no profile
    from deployer.cli.reading import read_text  # noqa: PLC0415 - reads findings, too

    if not os.path.lexists(path):  # standard input, or a file of a commit
        return ""
    try:
        kind = foreign(path, read_text(path))
    except DeployerError:
        return ""
    shown = visible(path)
    said = f"{shown} reads like a {kind}: `deployer import {shown}` makes a profile of it"
    return said if kind else ""
