"""A container takes far more requests than its engine runs.

Why it hurts: they wait inside one engine, or are refused by it with 503, while Modal sees no reason
to start a container that would answer them.

Instead of ``-`` write ``+``::

      schedule:
        max_running_requests: 48
      modal:
        max_containers: 3
    -   max_inputs: 400
    +   max_inputs: 48

Source: SGLang 0.5.10.post1 ``managers/scheduler.py`` (`max_queued_requests` is refused with 503);
Modal guide, input concurrency.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

OVERCOMMIT = 2
"""How many times the running requests may be taken in: one batch runs, and one waits for it."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the inputs of a container with what its engine runs and lets wait."""
    modal, schedule = case.profile.modal, case.profile.schedule
    running = schedule.max_running_requests
    if modal is None or modal.max_inputs is None or running is None:
        return
    queue = schedule.max_queued_requests
    if queue is not None and modal.max_inputs > running + queue:
        yield Problem(
            ("modal", "max_inputs"),
            f"of {modal.max_inputs} requests {running} run and {queue} may wait: "
            "the engine refuses the others with 503",
            f"write at most {running + queue}, or leave it out",
        )
    elif modal.max_inputs > OVERCOMMIT * running and modal.max_containers > 1:
        yield Problem(
            ("modal", "max_inputs"),
            f"{modal.max_inputs} requests go into a container whose engine runs {running}: "
            f"the others wait there, and no other of the {modal.max_containers} containers starts",
            "leave it out: it follows from `schedule.max_running_requests`",
        )


RULE = Rule(
    "inputs-above-requests",
    Severity.WARNING,
    find,
    link="https://modal.com/docs/guide/concurrent-inputs",
)
