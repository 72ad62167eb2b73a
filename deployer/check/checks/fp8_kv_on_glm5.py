"""An FP8 KV cache is asked for with GLM-5 or GLM-5.1 in FP8 on B200 or B300.

Why it hurts: the answers get worse while everything is healthy. On 8 B300 GLM-5.1-FP8 scored 76.7
instead of 95.3 on AIME and 71.2 instead of 86.2 on GPQA; with BF16 both were normal again. The
checkpoints bring no calibrated scales, so every value is stored with the scale 1.0.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: B200
        count: 8
      memory:
    -   kv_cache_dtype: fp8_e4m3
    +   kv_cache_dtype: bfloat16

Source: sgl-project/sglang#22671 (read: measured on B300 in April 2026, closed, BF16 restores);
sgl-cookbook pull request 237 took the flag out for want of scales. Nobody reported a loss on
Hopper, whose FP8 layout has scales of its own, so this is silent there. That `auto` means FP8 on
B200 and B300 is another check's.
"""

from __future__ import annotations

from deployer.behaviour.attention import FP8
from deployer.check.rule import Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "fp8-kv-on-glm5",
    Severity.WARNING,
    at(
        lambda case: one_of(case.said.option("--kv-cache-dtype"), FP8),
        "FP8 KV cache costs this checkpoint's accuracy: 76.7 instead of 95.3 on AIME",
        "write `bfloat16`: its pool holds about half the tokens, and answers are right",
    ),
    link="https://github.com/sgl-project/sglang/issues/22671",
    gpus=("sm100",),
    models=("GLM-5-FP8", "GLM-5.1-FP8"),
)
