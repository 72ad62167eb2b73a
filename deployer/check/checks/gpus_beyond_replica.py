"""The parallel sizes need more GPUs than the replica has.

Why it hurts: the engine looks for a GPU that is not there and ends, after the image is pulled and
the container scheduled. A replica is one container, of at most 8 GPUs: what a command divides over
16 of two machines cannot be served in one, and half as many GPUs hold half as much.

Instead of ``-`` write ``+``::

      hardware:
        gpu: B200
    -   count: 4
    +   count: 8
      parallel:
        tp: 8

Source: SGLang 0.5.10.post1 ``srt/server_args.py``: the world size of all nodes is tp x pp, once for
each data-parallel replica; attention data parallelism divides the same GPUs.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/server_args.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.checks.gpus_beyond_container import MOST
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import replicas
from deployer.finding import Severity

CONTAINER = 8
"""GPUs of one container on Modal (https://modal.com/docs/guide/gpu)."""


def find(case: Case) -> Iterator[Problem]:
    """Compare tensor times pipeline parallelism, times replicas, with the number of GPUs."""
    gpus = case.profile.hardware.count * case.resolved.nodes
    tp, pp, dp = case.profile.parallel.tp, case.profile.parallel.pp or 1, replicas(case.profile)
    need = (tp or 1) * pp * dp
    if not gpus or need <= gpus:
        return
    sizes = [f"tp {tp}"] if tp is not None else []
    sizes += [f"{name} {size}" for name, size in (("pp", pp), ("dp", dp)) if size > 1]
    yield Problem(
        ("parallel", "tp" if tp is not None else "dp" if dp > 1 else "pp"),
        f"{' x '.join(sizes)} needs {need} GPUs, and the replica has {gpus}",
        _hint(case, need, (tp or 1) * pp),
    )


def _hint(case: Case, need: int, copy: int) -> str:
    """Say what cures, by what one container can have."""
    most = MOST.get(case.profile.hardware.gpu, CONTAINER)
    if need <= most:
        return f"write `hardware.count: {need}`"
    if copy <= most and copy < need:
        return (
            f"leave `dp` out and write `hardware.count: {copy}`: containers of their own, "
            "`modal.max_containers` of them, are the other copies"
        )
    return (
        f"one container has at most {most}: take GPUs of which {most} hold the model "
        "(`deployer fit` says it), or a smaller checkpoint, and leave `tp` and `pp` out"
    )


RULE = Rule("gpus-beyond-replica", Severity.ERROR, find, link="https://modal.com/docs/guide/gpu")
