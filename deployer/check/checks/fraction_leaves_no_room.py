"""`mem_fraction_static` leaves less than half of what the engine would keep free.

Why it hurts: CUDA graphs are captured after the pool has its memory, and a long prefill needs more
still. The server ends while it starts, or at its first long prompt, after the weights were loaded.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: B200
        count: 8
      memory:
    -   mem_fraction_static: 0.95
    +   mem_fraction_static: 0.85

Source: ``_handle_gpu_memory_settings`` of each release (``deployer/facts/sglang/memory_rules.py``).
Half is a choice: the boldest published recipe known here (SGLang's cookbook, GLM-5.1 on 8 B200,
0.9 with EAGLE) leaves 58 per cent of it. With a capped pool nothing is short, so this is silent.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.memory import FRACTION, fit_of, leaves_no_room, place
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare what is left beside weights and pool with what the engine would keep."""
    found = fit_of(case)
    if found is not None and leaves_no_room(found):
        yield Problem(
            place(case, FRACTION),
            f"{found.fraction:g} leaves {found.rest:.1f} GiB for graphs and activations, and "
            f"SGLang {found.version} would keep {found.own.reserved:.1f}",
            f"leave it out, and the engine takes {found.own.fraction:g}",
        )


RULE = Rule(
    "fraction-leaves-no-room",
    Severity.WARNING,
    find,
    link="https://docs.sglang.io/advanced_features/hyperparameter_tuning.html",
)
