"""Speculation and pipeline stages together.

Why it hurts: SGLang refuses the two when it starts; only a prefill server of a disaggregated pair,
and an experiment of the newest release, take them.

Instead of ``-`` write ``+``::

      parallel:
    -   pp: 2
    +   pp: 1
      speculative:
        algorithm: EAGLE
        num_steps: 3
        eagle_topk: 1

Source: SGLang 0.5.10.post1 ``srt/server_args.py:6069``, 0.5.18 the same; 0.5.23
``validation_hook.py:119`` takes EAGLE with SGLANG_ENABLE_PP_SPEC, or on prefill nodes.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for stages beside a draft, where nothing asks for the two exceptions."""
    stages = case.profile.parallel.pp or 1
    if stages == 1 or case.profile.speculative is None:
        return
    prefill = case.profile.engine.args.get("disaggregation-mode") == "prefill"
    if not prefill and "SGLANG_ENABLE_PP_SPEC" not in case.profile.engine.env:
        yield Problem(
            ("parallel", "pp"),
            f"{stages} pipeline stages do not go together with speculative decoding",
            "divide each layer instead (`tp`), or take the section `speculative` out",
        )


RULE = Rule(
    "speculation-with-pipeline",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/pipeline_parallelism.html",
)
