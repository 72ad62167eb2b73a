"""A container asks for more GPUs of a type than Modal puts into one.

Why it hurts: Modal's client takes the number, and the server refuses the deployment or never finds
a machine for it.

Instead of ``-`` write ``+``::

      hardware:
    -   gpu: A10
    +   gpu: L4
        count: 8
      schedule:
        max_running_requests: 32

Source: Modal guide, GPU acceleration: up to 8 GPUs of a type, up to 4 A10.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

MOST = {"A10": 4}
"""GPUs of one container where it is fewer than the 8 that the schema allows."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the number of GPUs with what one container can have."""
    gpu, count = case.profile.hardware.gpu, case.profile.hardware.count
    if case.profile.target == "modal" and count > MOST.get(gpu, count):
        yield Problem(
            ("hardware", "count"),
            f"{count} {gpu} do not go into one container: Modal gives at most {MOST[gpu]}",
            f"write at most {MOST[gpu]}, or choose another GPU",
        )


RULE = Rule("gpus-beyond-container", Severity.ERROR, find, link="https://modal.com/docs/guide/gpu")
