"""The start is bounded so tightly that a slow volume ends it.

Why it hurts: weights are read by pages at 0.35 to 0.85 GB/s, and past the page cache at 1 to 3
GB/s. On a slow day the budget ends before they are there, and the start is paid for again.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      lifecycle:
    -   startup_timeout: 1200
    +   startup_timeout: 3600

Source: modal-projects/stitch#54: read by pages under gVisor, 0.35 to 0.85 GB/s; Modal's own pages
and examples: a volume gives 1 to 3 GB/s; modal-examples#1553: users met a bound of five minutes.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.loading import loading, span
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import startup
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the budget of the start with reading at the slowest."""
    found, budget = loading(case), startup(case.timed)
    if found is None or found.slowest is None:
        return
    if found.floor <= budget < found.slowest:
        yield Problem(
            ("lifecycle", "startup_timeout"),
            f"reading {found.gib:.0f} GiB takes {span(found)}, and the start may take {budget:g} s",
            f"write at least `lifecycle.startup_timeout: {2 * found.slowest:.0f}`: kernels and "
            "graphs come on top",
        )


RULE = Rule(
    "startup-near-load",
    Severity.WARNING,
    find,
    link="https://github.com/modal-labs/modal-examples/issues/1553",
)
