"""All-reduce fusion over more than one node, with kernels that know only one.

Why it hurts: TRT-LLM's fused all-reduce reads the other ranks' memory, which works within a node;
over several the server hangs while it starts. Before 0.5.14 there are no others; from then on
`auto` takes MNNVL on B200 and B300 and refuses other GPUs.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.10.post1
        args:
          nnodes: 2
      hardware:
        gpu: B200
        count: 8
      kernels:
    -   allreduce_fusion: true
    +   allreduce_fusion: false

Source: sgl-project/sglang#12724 (read: the default is for one node because of
flashinfer-ai/flashinfer#2006) and 23402 (read: MNNVL verified on several nodes); SGLang 0.5.14
``layers/flashinfer_comm_fusion.py:199-212``, the table of what each backend can.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for fusion that is not MNNVL's where there are several nodes."""
    found, nodes = case.resolved.allreduce_fusion, case.resolved.nodes
    if found.value not in {"", "mnnvl"} and nodes > 1:
        yield Problem(
            found.path,
            f"all-reduce fusion works within one node, and there are {nodes}",
            "write `kernels.allreduce_fusion: false`",
        )


RULE = Rule(
    "fusion-across-nodes",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/pull/12724",
)
