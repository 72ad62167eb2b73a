"""The engine is told to be one of several nodes, and a replica is one container.

Why it hurts: it waits for the others, which never come: the distributed group times out after
minutes of every GPU, at each attempt. Where one node's GPUs are enough, nothing is won either.

Instead of ``-`` write ``+``::

      engine:
    -   args:
    +   args: {}
    -     nnodes: 2
    -     node-rank: 0
    -     dist-init-addr: 10.0.0.1:5000

Source: SGLang 0.5.10.post1 ``distributed/parallel_state.py``, ``init_distributed_environment``:
every rank of every node must join; sgl-project/sglang#12450 (read: both of two nodes wait for each
other) and 12289 (read: one of two does not come, and the start times out).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for more than one node."""
    said, number = case.said.option("--nnodes"), case.resolved.nodes
    if said is not None and number > 1:
        others = "another one" if number == 2 else f"{number - 1} others"  # noqa: PLR2004 - a pair
        yield Problem(
            said.path,
            f"the engine is one of {number} nodes and waits for {others}: a replica is one "
            "container, and nothing starts a second",
            "leave it out, and `node-rank` and `dist-init-addr` with it, if the GPUs of one node "
            "hold the model (`deployer fit` says it)",
        )


RULE = Rule(
    "nodes-beyond-container",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/issues/12450",
)
