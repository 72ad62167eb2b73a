"""What was said to the questions for the health of a new version before it was ready.

Modal holds a question until a container listens, and sends who waits for longer than 150 s on with
303, so that most starts are seen from its door alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from deployer.apply.readiness import HINT, PROBE

if TYPE_CHECKING:
    from deployer.diagnose.boot import Boot
    from deployer.verify.verdict import Verdict

CONTAINER = "container"
"""The stage of a start that is Modal's own, and is measured from before anybody could be asked."""

SLACK = 60.0
"""Seconds by which a start may be longer than what was waited for it: a container that Modal keeps
starts when the version is published, and the waiting begins once Modal has said so."""


def own(boot: Boot) -> float:
    """Give how many seconds of a start were the server's."""
    return boot.seconds - sum(one.seconds for one in boot.stages if one.name == CONTAINER)


def verdicts(
    statuses: Sequence[int], waited: float, starts: Sequence[float], *, new: bool
) -> tuple[Verdict, ...]:
    """Judge the answers to ``/health`` before the first 200, which came after ``waited`` seconds.

    ``statuses`` are those answers, 0 for none in time. ``starts`` are how long the starts that the
    containers told took, in :func:`own` seconds by their own clocks: no two clocks are compared.
    Nothing is said of a version that is not ``new``, where nothing else than 200 was heard: it may
    have been ready all the time.
    """
    from deployer.verify.verdict import Outcome, Verdict  # noqa: PLC0415 - with the probes only

    if starts and min(starts) > waited + SLACK:
        said = (
            f"/health said 200 after {waited:.0f} s, and the server's own start took "
            f"{min(starts):.0f} s"
        )
        return (Verdict(PROBE, Outcome.FAILED, 0.0, message=said, hint=HINT),)
    heard = Counter(status for status in statuses if status)
    if heard:
        words = ", ".join(f"{status} {_times(count)}" for status, count in sorted(heard.items()))
        said = f"/health said {words} before it said 200 after {waited:.0f} s"
        return (Verdict(PROBE, Outcome.PASSED, 0.0, checked=(said,)),)
    if not new:
        return ()
    if starts:
        said = f"/health said nothing for {waited:.0f} s, and 200 once its start of "
        said += f"{min(starts):.0f} s was over"
        return (Verdict(PROBE, Outcome.PASSED, 0.0, checked=(said,)),)
    said = f"/health said 200 after {waited:.0f} s, and no container has told how long it started"
    return (Verdict(PROBE, Outcome.UNSEEN, 0.0, message=said, hint="`deployer logs` may tell"),)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
