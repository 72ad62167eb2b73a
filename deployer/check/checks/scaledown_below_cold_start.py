"""An idle container goes sooner than a new one comes.

Why it hurts: a pause shorter than the start throws away what was just loaded. The next request
waits for all of it again, and loading costs as much as idling would have.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      modal:
    -   scaledown_window: 120
    +   scaledown_window: 900

Source: uw-syfi/vibesys PR 375: a window of 120 s cold-starts again in the middle of warming up.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.loading import Loading, loading, span
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.profile.sections.modal import LONGEST_WINDOW


def find(case: Case) -> Iterator[Problem]:
    """Compare the idle window with the time that reading the weights takes at the fastest."""
    found = loading(case)
    if case.profile.modal is None or found is None:
        return
    if case.profile.modal.min_containers == case.profile.modal.max_containers:
        return  # no container ever goes
    window = case.profile.modal.scaledown_window
    if window < found.fastest:
        yield Problem(
            ("modal", "scaledown_window"),
            f"an idle container goes after {window} s, and reading {found.gib:.0f} GiB for the "
            f"next one takes {span(found)}",
            _hint(found),
        )


def _hint(found: Loading) -> str:
    """Name a window that Modal takes, or what keeps a container where none is long enough."""
    if found.fastest > LONGEST_WINDOW:
        return "keep one up with `modal.min_containers: 1`, or load faster"
    enough = min(LONGEST_WINDOW, found.slowest or found.fastest)
    return f"write at least `modal.scaledown_window: {enough:.0f}`"


RULE = Rule(
    "scaledown-below-cold-start",
    Severity.WARNING,
    find,
    link="https://github.com/uw-syfi/vibesys/pull/375",
)
