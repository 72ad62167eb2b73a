"""More containers are kept than are allowed.

Why it hurts: Modal refuses the deployment, after the image is built.

Instead of ``-`` write ``+``::

      modal:
    -   min_containers: 4
    +   min_containers: 0
        max_containers: 3

Source: Modal client 1.6.4: min_containers must not be above max_containers.
https://modal.com/docs/guide/scale
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import max_inputs
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the two limits, and the two numbers of inputs."""
    modal = case.profile.modal
    if modal is None:
        return
    if modal.min_containers > modal.max_containers:
        yield Problem(
            ("modal", "min_containers"),
            f"min_containers {modal.min_containers} is above max_containers {modal.max_containers}",
            "lower the one or raise the other",
        )
    for at, window in enumerate(modal.schedule):
        if window.min_containers > modal.max_containers:
            yield Problem(
                ("modal", "schedule", at, "min_containers"),
                f"{window.min_containers} are to stay up in these hours, and max_containers is "
                f"{modal.max_containers}",
                "lower the one or raise the other",
            )
    inputs = max_inputs(case.profile)
    if modal.target_inputs is not None and modal.target_inputs > inputs:
        yield Problem(
            ("modal", "target_inputs"),
            f"target_inputs {modal.target_inputs} is above the {inputs} that a container takes",
            "lower it, or leave it out",
        )


RULE = Rule("containers-min-above-max", Severity.ERROR, find)
