"""DeepSeek-V4's experts on TRT-LLM's kernels with SGLang 0.5.12.

Why it hurts: the server ends with an AssertionError at the first forward pass, after all weights
are loaded.

Instead of ``-`` write ``+``::

      model:
        repo: deepseek-ai/DeepSeek-V4-Flash
      engine:
        version: 0.5.12
      hardware:
        gpu: B200
        count: 8
      moe:
    -   runner: flashinfer_trtllm
    +   runner: auto

Source: sgl-project/sglang#26324 (read: 8 B200, 0.5.12 and 0.5.12.post1,
``moe_runner/flashinfer_trtllm.py:686``). That it ends with 0.5.13 is an inference: upstream does
not say so.
"""

from __future__ import annotations

from deployer.behaviour.experts import TRTLLM
from deployer.check.rule import Engines, Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "deepseek-v4-trtllm-experts-0512",
    Severity.ERROR,
    at(
        lambda case: one_of(case.said.option("--moe-runner-backend"), *TRTLLM),
        "`{value}` ends with an assertion at DeepSeek-V4's first forward pass",
        "leave it out: the engine chooses for the model",
    ),
    link="https://github.com/sgl-project/sglang/issues/26324",
    engines=Engines("0.5.12", "0.5.13"),
    gpus=("sm100",),
    architectures=("DeepseekV4ForCausalLM",),
    inferred=True,
)
