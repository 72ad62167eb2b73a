"""A container takes fewer requests than the engine runs at a time.

Why it hurts: Modal counts a container as full when it is not, and starts another one, at the price
of all its GPUs, while the first decodes with part of its batch unused.

Instead of ``-`` write ``+``::

      schedule:
        max_running_requests: 48
      modal:
    -   max_inputs: 20
    +   max_inputs: 48

Source: Modal guide, input concurrency: above its inputs a container gets none, and another starts.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.prices import per_hour
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the inputs of a container with the requests that its engine runs."""
    modal, running = case.profile.modal, case.profile.schedule.max_running_requests
    if modal is None or running is None:
        return
    if modal.max_inputs is not None and modal.max_inputs < running:
        yield Problem(
            ("modal", "max_inputs"),
            f"{modal.max_inputs} requests fill a container whose engine runs {running}: "
            f"another container{_price(case)} starts at {_share(modal.max_inputs, running)} "
            "of the first one's load",
            "leave it out: it follows from `schedule.max_running_requests`",
        )
    elif modal.target_inputs is not None and modal.target_inputs * 2 < running:
        yield Problem(
            ("modal", "target_inputs"),
            f"another container{_price(case)} starts at {modal.target_inputs} requests, "
            f"{_share(modal.target_inputs, running)} of the {running} that the engine runs",
            "raise it, or leave it out: it follows from `schedule.max_running_requests`",
        )


def _price(case: Case) -> str:
    dollars = per_hour(case.profile.hardware.gpu, case.profile.hardware.count)
    return f" (${dollars:.0f} an hour)" if dollars is not None else ""


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"


RULE = Rule(
    "inputs-below-requests",
    Severity.WARNING,
    find,
    link="https://modal.com/docs/guide/concurrent-inputs",
)
