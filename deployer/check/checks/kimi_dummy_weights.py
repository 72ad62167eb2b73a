"""Kimi-K2.5's or K2.6's NVFP4 checkpoint with dummy weights.

Why it hurts: a trial without weights ends with `'NoneType' object has no attribute 'dtype'` at the
first forward pass, and says nothing of the real ones, which work.

Instead of ``-`` write ``+``::

      model:
        repo: nvidia/Kimi-K2.6-NVFP4
        load_format: dummy
      engine:
    -   version: 0.5.12
    +   version: 0.5.13

Source: sgl-project/sglang#27500 (read: 0.5.12.post1; the wrapper around DeepSeek's model had no
``post_load_weights``); in the wheels ``models/kimi_k25.py`` has it from 0.5.13 on.
"""

from __future__ import annotations

from deployer.check.rule import Engines, Rule, at
from deployer.finding import Severity

RULE = Rule(
    "kimi-dummy-weights",
    Severity.WARNING,
    at(
        ("model", "load_format"),
        "Kimi-K2.5 and K2.6 cannot be tried without weights before SGLang 0.5.13",
        "take 0.5.13 or later for the trial",
        when=lambda case: case.profile.model.load_format == "dummy",
    ),
    link="https://github.com/sgl-project/sglang/issues/27500",
    engines=Engines(before="0.5.13"),
    architectures=("KimiK25ForConditionalGeneration",),
)
