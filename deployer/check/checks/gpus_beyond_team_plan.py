"""All containers together have more GPUs than Modal's Team plan gives.

Why it hurts: without an agreement with Modal the last containers never start, and requests wait or
are refused under the very load that they are for.

Instead of ``-`` write ``+``::

      hardware:
        gpu: B200
        count: 8
      modal:
    -   max_containers: 10
    +   max_containers: 1

Source: three copies of modal.com/pricing of 2026-05 and 2026-06: Starter 10 GPUs, Team 50.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sizes import PLAN_GPUS
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare replicas times GPUs with the largest published plan."""
    if case.profile.modal is None:
        return
    each, most, team = (
        case.profile.hardware.count,
        case.profile.modal.max_containers,
        PLAN_GPUS["Team"],
    )
    if each * most > team:
        yield Problem(
            ("modal", "max_containers"),
            f"{most} containers of {each} GPUs are {each * most} at a time, and Modal's Team plan "
            f"gives {team}",
            f"write at most {team // each}, or agree on more with Modal",
        )


RULE = Rule("gpus-beyond-team-plan", Severity.WARNING, find, link="https://modal.com/pricing")
