"""GLM-5 on B200 or B300 with a release whose sparse attention crashes there.

Why it hurts: the scheduler ends in `nsa_backend` while it serves, after everything is loaded.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.9
    +   version: 0.5.10.post1
      model:
        repo: zai-org/GLM-5-FP8
      hardware:
        gpu: B200
        count: 8

Source: sgl-project/sglang#18980 (read: 18 February 2026, closed; FlashInfer 0.6.7 mends it, which
pull request 21422 took in: measured in the wheels, 0.5.9 pins 0.6.3 and 0.5.10 0.6.7.post2).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Say it of every such deployment: no flag keeps it away."""
    yield Problem(
        ("engine", "version"),
        f"GLM-5 crashes on {case.profile.hardware.gpu} before SGLang 0.5.10",
        "take 0.5.10 or later",
    )


RULE = Rule(
    "b200-before-0510",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/issues/18980",
    engines=Engines(before="0.5.10"),
    gpus=("sm100",),
    models=("GLM-5*",),
)
