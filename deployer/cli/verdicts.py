"""Verdicts, as talk."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from deployer.cli.say import tell

if TYPE_CHECKING:
    from deployer.verify.verdict import Verdict


def tell_verdicts(verdicts: tuple[Verdict, ...]) -> None:
    """Say on stderr what was found; nothing where nobody was asked."""
    from deployer.cli.reading import colored_stderr  # noqa: PLC0415 - only what it needs
    from deployer.report.verdicts import text  # noqa: PLC0415 - as above

    if verdicts:
        encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
        shown = text(verdicts, color=colored_stderr(), encoding=encoding)
        tell(shown, end="")


def kept(verdicts: tuple[Verdict, ...]) -> str:
    """Say that promises are kept, and of how many it could not be seen."""
    from deployer.verify.verdict import Outcome  # noqa: PLC0415 - only what it needs

    unseen = [each.probe for each in verdicts if each.outcome is Outcome.UNSEEN]
    if not unseen:
        return "serves, and keeps its promises"
    number = f"{len(unseen)} could not be seen: {', '.join(unseen)}"
    return f"serves, and keeps each promise that could be seen; {number}"
