"""A page of the KV cache is stated, and the attention kernels force another.

Why it hurts: the engine changes it with a line in its log: what the profile states does not hold.

Instead of ``-`` write ``+``::

      kernels:
        attention: nsa
      memory:
    -   page_size: 16
    +   page_size: 64

Source: SGLang 0.5.10.post1 ``srt/server_args.py:1583,2325-2340``: sparse attention and FlashMLA
take pages of 64 tokens, CUTLASS MLA of 128.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/server_args.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the stated page with the one that the kernels take."""
    stated, taken = case.profile.memory.page_size, case.resolved.page_size.value
    if stated is not None and taken is not None and stated != taken:
        yield Problem(
            ("memory", "page_size"),
            f"the attention kernels take pages of {taken} tokens, not {stated}",
            f"write {taken}, or leave it out",
        )


RULE = Rule(
    "page-size-overruled",
    Severity.WARNING,
    find,
    link="https://docs.sglang.io/advanced_features/attention_backend.html",
)
