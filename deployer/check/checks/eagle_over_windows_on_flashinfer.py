"""A draft on a model with sliding windows, with FlashInfer's attention.

Why it hurts: FlashInfer's windows need the length of what was there before, and a draft has none:
the first request ends the scheduler.

Instead of ``-`` write ``+``::

      model:
        repo: openai/gpt-oss-120b
      engine:
    -   version: 0.5.12
    +   version: 0.5.14
      kernels:
        attention: flashinfer
      speculative:
        algorithm: EAGLE3
        num_steps: 3
        eagle_topk: 1
        draft_model: /model-cache/eagle3

Source: sgl-project/sglang#22679 (read: EAGLE and MTP with sliding windows, `prefix_lens=None` at
six places); in the wheels ``flashinfer_backend.py`` takes None from 0.5.14 on.
"""

from __future__ import annotations

from deployer.check.families import has_windows
from deployer.check.rule import Engines, Rule, at, drafting, one_of
from deployer.finding import Severity

RULE = Rule(
    "eagle-over-windows-on-flashinfer",
    Severity.ERROR,
    at(
        lambda case: one_of(case.said.option("--attention-backend"), "flashinfer"),
        "`flashinfer` cannot draft for a model with sliding windows before SGLang 0.5.14",
        "leave it out: the engine chooses for the model; or take 0.5.14 or later",
        when=lambda case: drafting(case) and has_windows(case),
    ),
    link="https://github.com/sgl-project/sglang/issues/22679",
    engines=Engines(before="0.5.14"),
)
