"""How a probe keeps its books: each thing that holds is written down when it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable


class Broken(Exception):
    """A promise that does not hold: what is wrong, what to do, and lines of evidence."""

    def __init__(self, message: str, *, hint: str = "", detail: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail


class Unseen(Broken):
    """Whether a promise holds could not be seen: what stood in the way, and what would help."""


class Check:
    """The books of one probe, from its start on ``clock`` (seconds)."""

    def __init__(self, probe: str, clock: Callable[[], float]) -> None:
        self.probe = probe
        self._clock = clock
        self._start = clock()
        self._checked: list[str] = []

    def that(
        self,
        holds: bool,  # noqa: FBT001 - the condition reads best in first place
        seen: str,
        *,
        otherwise: str,
        hint: str = "",
        detail: tuple[str, ...] = (),
    ) -> None:
        """Write down ``seen`` if it holds; raise :class:`Broken` with ``otherwise`` if not."""
        if not holds:
            raise Broken(otherwise, hint=hint, detail=detail)
        self._checked.append(seen)

    def passed(self) -> Verdict:
        """Close the books; raises ``ValueError`` if nothing was checked."""
        return self._close(Outcome.PASSED)

    def skipped(self, reason: str) -> Verdict:
        """Close the books of a promise that the profile does not give."""
        return self._close(Outcome.SKIPPED, message=reason)

    def failed(self, broken: Broken) -> Verdict:
        """Close the books of a promise that does not hold."""
        return self._close(
            Outcome.FAILED, message=broken.message, hint=broken.hint, detail=broken.detail
        )

    def unseen(self, unseen: Unseen) -> Verdict:
        """Close the books of a promise that could not be looked at to its end."""
        return self._close(
            Outcome.UNSEEN, message=unseen.message, hint=unseen.hint, detail=unseen.detail
        )

    def _close(
        self, outcome: Outcome, *, message: str = "", hint: str = "", detail: tuple[str, ...] = ()
    ) -> Verdict:
        seconds = self._clock() - self._start
        checked = tuple(self._checked)
        return Verdict(self.probe, outcome, seconds, checked, message, hint, detail)
