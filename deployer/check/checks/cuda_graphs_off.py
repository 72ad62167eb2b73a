"""Decoding launches every kernel by itself.

Why it hurts: each token waits for the CPU to launch hundreds of kernels: a start that is a minute
shorter, at several times the cost of every token after it.

Instead of ``-`` write ``+``::

      kernels:
    -   cuda_graph: false
    +   cuda_graph: true

Source: SGLang documentation, CUDA graphs: they take the CPU's work out of decoding; off is for
finding faults. A server that only prefills (`--disaggregation-mode prefill`) decodes nothing, and
the engine switches its decoding graphs off by itself (0.5.23 ``arg_groups/cuda_graph_hook.py``,
``apply_cuda_graph_disaggregation_roles``). https://docs.sglang.io/advanced_features/server_arguments.html
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

MODE, PREFILL = "--disaggregation-mode", "prefill"


def find(case: Case) -> Iterator[Problem]:
    """Look for graphs that are off on a GPU that decodes."""
    decodes = case.profile.hardware.gpu != "none" and case.said.value(MODE) != PREFILL
    if decodes and not case.profile.kernels.cuda_graph:
        yield Problem(
            ("kernels", "cuda_graph"),
            "without CUDA graphs each token waits for the CPU to launch its kernels",
            "leave it out, unless you are looking for a fault",
        )


RULE = Rule(
    "cuda-graphs-off",
    Severity.WARNING,
    find,
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
