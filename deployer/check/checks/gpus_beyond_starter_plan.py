"""All containers together have more GPUs than Modal's Starter plan gives.

Why it hurts: on that plan the last containers never start, and a rolling deployment, which holds
old and new at once, waits for GPUs that it does not get. On a larger plan this is fine.

Instead of ``-`` write ``+``::

      hardware:
        gpu: B200
        count: 8
      modal:
    -   max_containers: 3
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
    """Compare replicas times GPUs with what the two published plans give."""
    if case.profile.modal is None:
        return
    each, most = case.profile.hardware.count, case.profile.modal.max_containers
    starter, team = PLAN_GPUS["Starter"], PLAN_GPUS["Team"]
    if starter < each * most <= team:
        yield Problem(
            ("modal", "max_containers"),
            f"{most} containers of {each} GPUs are {each * most} at a time: Modal's Starter plan "
            f"gives {starter}, Team {team}",
            "nothing to do on Team; on Starter the last containers do not start",
        )


RULE = Rule("gpus-beyond-starter-plan", Severity.NOTE, find, link="https://modal.com/pricing")
