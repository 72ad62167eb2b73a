"""GLM-5 speculates over a KV pool that is capped below what one context needs.

Why it hurts: with the pool about 92 % full the verification of drafts hung on all ranks, and the
watchdog ended the engine after 300 seconds. A small pool is full soon.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: B200
        count: 8
      speculative:
        algorithm: EAGLE
    - memory:
    -   max_total_tokens: 65536

Source: sgl-project/sglang#26399 (read: GLM-5.1, TP 8, May 2026, no HiCache; closed as inactive,
without a word on the cause). The file that hung, ``speculative/eagle_info.py``, holds no such
copy from 0.5.14 on. Both the range and a large pool as the remedy are inferences: upstream does
not say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

CONTEXT = 202_752
"""Tokens of the longest context of GLM-5 and GLM-5.1 (transformers, ``GlmMoeDsaConfig``)."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the cap with one context."""
    cap, tokens = case.said.option("--max-total-tokens"), case.said.number("--max-total-tokens")
    longest = case.said.number("--context-length") or CONTEXT
    if cap is None or tokens is None or not case.resolved.eagle.value or tokens >= longest:
        return
    yield Problem(
        cap.path,
        f"speculation hung where the KV pool was 92 % full, and this one holds {tokens:,} tokens, "
        f"less than one context of {longest:,}",
        "leave it out: the pool is then as large as memory allows",
    )


RULE = Rule(
    "eagle-small-pool",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/issues/26399",
    engines=Engines(before="0.5.14"),
    models=("GLM-5*",),
    inferred=True,
)
