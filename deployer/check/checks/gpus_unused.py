"""The parallel sizes leave GPUs of the replica unused.

Why it hurts: they idle and are paid for. SGLang itself says nothing.

Instead of ``-`` write ``+``::

      hardware:
        gpu: B200
        count: 8
      parallel:
    -   tp: 4
    +   tp: 8

Source: SGLang 0.5.10.post1 ``srt/server_args.py``: the world size of a node is tp x pp, once for
each data-parallel replica; attention data parallelism divides the same GPUs.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/server_args.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import replicas
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare tensor times pipeline parallelism, times replicas, with the number of GPUs."""
    parallel, gpus = case.profile.parallel, case.profile.hardware.count
    tp, pp, dp = parallel.tp, parallel.pp or 1, replicas(case.profile)
    if case.resolved.nodes > 1 or (tp or 1) * pp * dp > gpus:
        return  # which is another mistake
    if tp is not None and tp * pp * dp != gpus:
        also = f" x dp {dp}" if dp > 1 else ""
        yield Problem(
            ("parallel", "tp"),
            f"tp {tp} x pp {pp}{also} uses {tp * pp * dp} GPUs, and the replica has {gpus}",
            f"write `hardware.count: {tp * pp * dp}`, or leave `tp` out to use all {gpus}",
        )
    if tp is None and gpus % (pp * dp):
        key, parts = ("dp", "replicas") if pp == 1 else ("pp", "equal pipeline stages")
        yield Problem(
            ("parallel", key),
            f"{gpus} GPUs cannot be divided into {pp * dp} {parts}",
            f"choose a `{key}` that divides {gpus}",
        )


RULE = Rule("gpus-unused", Severity.ERROR, find)
