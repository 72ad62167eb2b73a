"""A verdict: what one probe found, and all that a renderer needs to show it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Outcome(StrEnum):
    """What became of a promise: it holds, it does not, or it was never given.

    ``UNSEEN`` is a promise of which it could not be seen whether it holds: no word against it, and
    none for it.
    """

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one probe found in ``seconds``.

    ``checked`` says in words what was seen to hold; a failed probe lists what held before.
    ``message`` is what is wrong, or why a probe was skipped or saw nothing; ``hint`` what to do
    about it; ``detail`` lines of evidence, such as the beginning of an answer.

    Raises ``ValueError`` for a verdict that says nothing: passed with nothing checked, failed
    or skipped without a reason.
    """

    probe: str
    outcome: Outcome
    seconds: float
    checked: tuple[str, ...] = ()
    message: str = ""
    hint: str = ""
    detail: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a verdict that says nothing."""
        if self.outcome is Outcome.PASSED and not any(self.checked):
            msg = f"{self.probe}: a probe cannot pass without having checked something"
            raise ValueError(msg)
        if self.outcome is not Outcome.PASSED and not self.message:
            msg = f"{self.probe}: a verdict that is {self.outcome} needs a reason"
            raise ValueError(msg)


def all_hold(verdicts: Iterable[Verdict]) -> bool:
    """Tell whether at least one promise was seen to hold and none was broken."""
    outcomes = {verdict.outcome for verdict in verdicts}
    return Outcome.PASSED in outcomes and Outcome.FAILED not in outcomes
