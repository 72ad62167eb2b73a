"""What an apply on Modal reaches out with, as parameters that a test can replace."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployer.release import Release
    from deployer.verify.verdict import Verdict

OnVerdict = Callable[["Verdict"], None]
Verify = Callable[["Release", str, str, OnVerdict], tuple["Verdict", ...]]
"""Checks what a release promises, given its URL and key; tells each verdict as it falls."""


def _verify(release: Release, url: str, key: str, on_verdict: OnVerdict) -> tuple[Verdict, ...]:
    from deployer.verify.endpoint import Endpoint  # noqa: PLC0415 - imports openai
    from deployer.verify.run import verify  # noqa: PLC0415 - as above

    return verify(Endpoint.from_release(release, url, key or None), on_verdict=on_verdict)


def _sample(release: Release, url: str, key: str) -> str:
    from deployer.verify.endpoint import Endpoint  # noqa: PLC0415 - as above
    from deployer.verify.sample import sample_answer  # noqa: PLC0415 - as above

    return sample_answer(Endpoint.from_release(release, url, key or None))


@dataclass(frozen=True, slots=True)
class Parts:
    """Clocks and patience, in seconds.

    ``capacity`` is how long nobody has to have given us a container before we give up, ``pause``
    lies between two questions to a server that is not ready, ``answer`` bounds one of them: Modal
    itself redirects after 150 s (modal.com/docs/guide/webhook-timeouts). ``margin`` is what a
    container gets beyond its own start-up budget.
    """

    verify: Verify = _verify
    sample: Callable[[Release, str, str], str] = _sample
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    capacity: float = 1800.0
    pause: float = 2.0
    answer: float = 170.0
    margin: float = 120.0


DEFAULT_PARTS = Parts()
