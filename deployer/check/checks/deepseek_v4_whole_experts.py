"""DeepSeek-V4 with data-parallel attention and whole experts on each GPU, on SGLang 0.5.12.

Why it hurts: what the experts give is handed back before it is summed: the answers are garbage from
the first token on.

Instead of ``-`` write ``+``::

      model:
        repo: sgl-project/DeepSeek-V4-Flash-FP8
      engine:
    -   version: 0.5.12
    +   version: 0.5.13
      hardware:
        gpu: H200
        count: 8
      parallel:
        dp: 8
        dp_attention: true
        ep: 8

Source: sgl-project/sglang#27251 and the merged 27189 and 27191 (read: TP 8, DP 8, EP 8 without an
all-to-all backend); in the wheels ``models/deepseek_v4.py`` has ``reduce_scatterv`` from 0.5.13 on.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for as many groups of experts as ranks of attention."""
    parallel = case.profile.parallel
    ranks, ep = parallel.dp or 1, parallel.ep or 1
    if parallel.dp_attention and 1 < ranks == ep and not case.resolved.subject.all_to_all:
        yield Problem(
            ("parallel", "ep"),
            f"dp {ranks} with ep {ep} answers garbage in SGLang {case.profile.engine.version}",
            "leave `ep` out, or take 0.5.13 or later",
        )


RULE = Rule(
    "deepseek-v4-whole-experts",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/pull/27191",
    engines=Engines("0.5.12", "0.5.13"),
    architectures=("DeepseekV4ForCausalLM",),
)
