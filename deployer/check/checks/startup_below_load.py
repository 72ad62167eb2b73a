"""The start may not take as long as reading the weights takes.

Why it hurts: at the best speed that a volume has given, the weights are not read when the budget
ends: no container ever gets ready, and each attempt costs its GPUs.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      lifecycle:
    -   startup_timeout: 200
    +   startup_timeout: 3600

Source: Modal's own pages and examples: a volume gives 1 to 3 GB/s; 704 GiB take 4 to 13
minutes, and by pages under gVisor 15 to 36 (modal-projects/stitch#54).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.loading import loading, span
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import startup
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the budget of the start with reading at the fastest."""
    found, budget = loading(case), startup(case.timed)
    if found is not None and budget < found.floor:
        yield Problem(
            ("lifecycle", "startup_timeout"),
            f"{budget:g} s are less than a volume at its best takes for {found.gib:.0f} GiB, "
            f"{found.floor:.0f} s; as it is loaded, {span(found)}",
            "write at least `lifecycle.startup_timeout: "
            f"{2 * (found.slowest or found.fastest):.0f}`: kernels and graphs come on top",
        )


RULE = Rule(
    "startup-below-load",
    Severity.ERROR,
    find,
    link="https://modal.com/docs/guide/high-performance-llm-inference",
)
