"""A model with linear attention has different attention kernels for prefill and decode.

Why it hurts: the backend that joins two others did not know linear layers before 0.5.10: the first
request ends the scheduler with a TypeError. From there to 0.5.13 it does not know their state after
a draft was verified, so speculation ends it.

Instead of ``-`` write ``+``::

      model:
        repo: Qwen/Qwen3-Next-80B-A3B-Instruct
      engine:
        version: 0.5.9
    + kernels:
    +   attention: fa3
    -   args:
    -     prefill-attention-backend: fa3
    -     decode-attention-backend: flashinfer

Source: sgl-project/sglang#19369 (read: merged, ``HybridAttnBackend`` lacked ``forward`` with
`mixed_qkv`) and 25766 (read: Qwen3.6-27B on 0.5.12: no attribute
``update_mamba_state_after_mtp_verify``); in the wheels ``layers/attention/hybrid_attn_backend.py``
has the one from 0.5.10 and the other from 0.5.14 on.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.families import has_linear_layers
from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

PREFILL, DECODE = "--prefill-attention-backend", "--decode-attention-backend"


def find(case: Case) -> Iterator[Problem]:
    """Compare the two backends, where the release cannot join them for the model."""
    said, version = case.said, case.profile.engine.version
    prefill, decode = said.option(PREFILL), said.option(DECODE)
    both = prefill or decode
    own = said.value("--attention-backend")
    same = (prefill.value if prefill else own) == (decode.value if decode else own)
    drafts = said.has("--speculative-algorithm")
    if both is None or same or not has_linear_layers(case):
        return
    if Engines(before="0.5.10").holds(version) or drafts:
        what = "speculation over" if drafts else ""
        yield Problem(
            both.path,
            f"SGLang {version} cannot join two kernels for {what} a model with linear attention: "
            "the first request ends the server".replace("  ", " "),
            "write one for both: `kernels.attention`, and neither of the two; or take 0.5.14 or "
            "later",
        )


RULE = Rule(
    "attention-pair-on-linear-layers",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/issues/25766",
    engines=Engines(before="0.5.14"),
)
