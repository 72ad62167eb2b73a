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
