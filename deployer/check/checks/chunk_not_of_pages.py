"""A chunk of a prompt is not a whole number of KV pages.

Why it hurts: SGLang refuses it when it starts.

Instead of ``-`` write ``+``::

      memory:
        page_size: 64
      schedule:
    -   chunked_prefill_size: 1000
    +   chunked_prefill_size: 1024

Source: SGLang 0.5.10.post1 ``srt/server_args.py:6118`` and 0.5.23 ``validation_hook.py:244``:
chunked_prefill_size must be divisible by page_size. Sparse attention forces pages of 64 tokens.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import attention_ranks
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Divide the chunk by the page; with attention data parallelism each rank has its share."""
    chunk, page = case.profile.schedule.chunked_prefill_size, case.resolved.page_size.value or 1
    if chunk is None or chunk <= 0:
        return
    ranks = attention_ranks(case.profile)
    if (chunk // ranks) % page:
        share = f" on each of {ranks} ranks" if ranks > 1 else ""
        yield Problem(
            ("schedule", "chunked_prefill_size"),
            f"{chunk // ranks} tokens{share} are no multiple of the {page} of a KV page",
            f"write {max(chunk // ranks // page, 1) * page * ranks}",
        )


RULE = Rule(
    "chunk-not-of-pages",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
