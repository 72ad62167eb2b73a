"""The stated `mem_fraction_static` is above what the engine would choose itself.

Why it hurts: the pool takes memory that the engine's own rule keeps for CUDA graphs and the
activations of a long prefill. Under load a prefill may then run out of memory and end the server.
It is a note and no warning: the rule is a heuristic that knows neither the model's width nor its
layers, and published recipes go beyond it (InferenceX 0.85 and SGLang's cookbook 0.9 for GLM-5 on
8 B200). Far beyond it, `fraction-leaves-no-room` warns.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: B200
        count: 8
      speculative:
        algorithm: EAGLE
      memory:
    -   mem_fraction_static: 0.88
    +   mem_fraction_static: 0.83

Source: ``_handle_gpu_memory_settings`` of each release (``deployer/facts/sglang/memory_rules.py``),
held against SGLang's own resolution in all 19 releases; sgl-project/sglang#26265 is a prefill of
GLM-5.1 that ran out of memory, for which a lower fraction is an inference.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.memory import FRACTION, fit_of, leaves_no_room, place
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

STEP = 0.01
"""Authors write hundredths: what is above by no more than one is no decision."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the stated fraction with the release's own."""
    found = fit_of(case)
    if found is None or not found.stated or found.pool is None:
        return
    if found.fraction <= found.own.fraction + STEP:
        return
    if leaves_no_room(found):
        return  # That is a warning of its own.
    yield Problem(
        place(case, FRACTION),
        f"{found.fraction:g} is above the {found.own.fraction:g} that SGLang {found.version} would "
        f"choose here: it would keep {found.own.reserved:.1f} GiB free for graphs and activations",
        "keep it if it held under your longest prompts; otherwise leave it out",
    )


RULE = Rule(
    "fraction-above-own",
    Severity.NOTE,
    find,
    link="https://github.com/sgl-project/sglang/issues/26265",
)
