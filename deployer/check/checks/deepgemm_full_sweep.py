"""The start-up budget is shorter than DeepGEMM's full compilation, which a cold cache begins with.

Why it hurts: with nothing in the kernel cache, every size of every product is compiled, which took
about 30 minutes; the budget ends the start, and the next one begins again.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: H200
        count: 8
    + engine:
    +   env:
    +     SGLANG_JIT_DEEPGEMM_FAST_WARMUP: "1"
      lifecycle:
        startup_timeout: 900

Source: sgl-project/sglang#18823 (read: "up to 128K kernel variants (~30 min)", and about 3,000 in
less than 3 minutes with the variable, of #18111). A cache that a deployment has filled beforehand
has no such start.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.behaviour.stated import is_on
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import startup
from deployer.finding import Severity

SWEEP = 1800
"""Seconds of the full compilation."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the budget with the compilation, where DeepGEMM computes and the sweep is full."""
    budget, kernels = startup(case.timed), case.said.option("--fp8-gemm-backend")
    other = kernels is not None and kernels.value not in {"auto", "deep_gemm"}
    fast = is_on(case.said.variable("SGLANG_JIT_DEEPGEMM_FAST_WARMUP"))
    if budget < SWEEP and not other and not fast:
        yield Problem(
            ("lifecycle", "startup_timeout"),
            f"a start with a cold kernel cache compiles for about 30 minutes, not {budget:g} s",
            'give it 1800 s and more, or write `SGLANG_JIT_DEEPGEMM_FAST_WARMUP: "1"` '
            "under `engine.env`",
        )


RULE = Rule(
    "deepgemm-full-sweep",
    Severity.NOTE,
    find,
    link="https://github.com/sgl-project/sglang/pull/18823",
    gpus=("sm90", "sm100"),
    models=("GLM-5*-FP8", "DeepSeek-V3*", "DeepSeek-R1", "DeepSeek-R1-0528*"),
)
