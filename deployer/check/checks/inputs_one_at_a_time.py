"""Nothing says how many requests a container takes, so it takes one.

Why it hurts: the engine batches dozens, and each further request starts a container with GPUs of
its own, or waits until the one before it is answered.

Instead of ``-`` write ``+``::

    - modal:
    -   max_inputs: null
      schedule:
    -   max_running_requests: null
    +   max_running_requests: 48

Source: Modal guide, input concurrency: without it a container handles one input at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for a Modal target without the number that both engine and container need."""
    modal = case.profile.modal
    if modal is None or case.profile.schedule.max_running_requests is not None:
        return
    if modal.max_inputs is None and (modal.endpoint == "web_server" or modal.target_inputs is None):
        yield Problem(
            ("modal",),
            "a container takes one request at a time: nothing says how many the engine runs",
            "set `schedule.max_running_requests`: the inputs of a container follow from it",
        )


RULE = Rule(
    "inputs-one-at-a-time",
    Severity.WARNING,
    find,
    link="https://modal.com/docs/guide/concurrent-inputs",
)
