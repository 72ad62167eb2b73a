"""GLM-5.2 is divided into pipeline stages, in a release that crashes so.

Why it hurts: most of its layers reuse the tokens that an earlier layer chose; the first layer of a
stage gets none while the server warms up, and it ends with `batch_size must be equal to
batch_size_k` or `index out of range`, after loading.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.13.post1
    +   version: 0.5.14
      model:
        repo: zai-org/GLM-5.2-FP8
      hardware:
        gpu: H200
        count: 8
      parallel:
        tp: 4
        pp: 2

Source: sgl-project/sglang#29014 (read: reproduced and explained), #28659, #29162 and pull request
28785 (read: merged in June 2026); measured in the wheels: the buffer is there from 0.5.14 on.
"""

from __future__ import annotations

from deployer.check.rule import Engines, Rule, at
from deployer.finding import Severity

RULE = Rule(
    "glm52-over-pipeline",
    Severity.ERROR,
    at(
        lambda case: case.said.option("--pp-size"),
        "GLM-5.2 crashes over pipeline stages before SGLang 0.5.14",
        "take 0.5.14 or later, or leave `pp` out",
        when=lambda case: (case.said.number("--pp-size") or 1) > 1,
    ),
    link="https://github.com/sgl-project/sglang/issues/29014",
    engines=Engines(before="0.5.14"),
    models=("GLM-5.2*",),
)
