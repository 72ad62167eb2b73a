"""The parallel sizes do not use the GPUs that the replica has.

Why it hurts: too few leave GPUs idle that are paid for; too many fail after the image is pulled and
the container scheduled. SGLang itself lets both through until it starts its ranks.

Instead of::

    hardware:
      gpu: B200
      count: 8
    parallel:
      tp: 4

Write::

    hardware:
      gpu: B200
      count: 8
    parallel:
      tp: 8

Source: SGLang 0.5.10.post1 ``srt/server_args.py``: the world size of a node is tp x pp.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.finding import Severity
from deployer.profile.model import Profile


def find(profile: Profile) -> Iterator[Problem]:
    """Compare tensor times pipeline parallelism with the number of GPUs."""
    gpus, tp, pp = profile.hardware.count, profile.parallel.tp, profile.parallel.pp or 1
    if gpus == 0:
        return
    if tp is not None and tp * pp != gpus:
        yield Problem(
            ("parallel", "tp"),
            f"tp {tp} x pp {pp} uses {tp * pp} GPUs, and the replica has {gpus}",
            "leave `tp` out: it follows from `hardware.count` and `pp`",
        )
    if tp is None and gpus % pp:
        yield Problem(
            ("parallel", "pp"),
            f"{gpus} GPUs cannot be divided into {pp} equal pipeline stages",
            f"choose a `pp` that divides {gpus}",
        )


RULE = Rule("gpus-unused", Severity.ERROR, find)
