"""All-reduce fusion on 8 B200, in releases in which it hangs while the server starts.

Why it hurts: all ranks wait for one another in a symmetric-memory rendezvous, for any model, until
the start-up budget is spent at $50 an hour. It does not happen on every machine.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.14
      hardware:
        gpu: B200
        count: 8
      kernels:
    -   allreduce_fusion: true
    +   allreduce_fusion: false

Source: sgl-project/sglang#29073 (read: 23 June 2026, closed; the workaround is the reporter's).
Which releases is an inference: measured in the wheels, the files of its stack stand together from
0.5.14 on, where `auto` became MNNVL, and FlashInfer is 0.6.12 up to 0.5.15.post1. It also comes on
without being asked for: for GLM-5 since 0.5.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Mitigation, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

RANKS = 8
"""The tensor-parallel size that was reported."""


def find(case: Case) -> Iterator[Problem]:
    """Look for fusion, stated or the engine's own choice, over eight ranks of one node."""
    found = case.resolved.allreduce_fusion
    if found.value and case.resolved.nodes == 1 and case.said.number("--tp-size") == RANKS:
        yield Problem(
            found.path,
            "all-reduce fusion may hang at start on 8 B200 in SGLang 0.5.14 and 0.5.15",
            "write `kernels.allreduce_fusion: false`, or take 0.5.16 or later",
        )


RULE = Rule(
    "fusion-hang-on-b200",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/issues/29073",
    engines=Engines("0.5.14", "0.5.16"),
    gpus=("B200",),
    mitigation=Mitigation(
        "all-reduce fusion off",
        lambda case: case.said.option("--enforce-disable-flashinfer-allreduce-fusion"),
    ),
)
