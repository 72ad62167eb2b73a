"""`max_total_tokens` caps the KV pool far below what fits.

Why it hurts: it is the pool of all requests together, not the length of one. GPU memory that is
paid for stays empty, requests wait or are retracted, and the longest one shrinks with the pool.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: B200
        count: 8
      memory:
    -   mem_fraction_static: 0.88
    +   mem_fraction_static: 0.85
    -   max_total_tokens: 65536

Source: the help of `--max-total-tokens` in every release: "typically used for development and
debugging purposes"; SGLang 0.5.10.post1 ``model_executor/model_runner_kv_cache_mixin.py`` takes the
smaller of cap and profile. It fires below half of the estimated capacity, which is far outside the
error of the estimate.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.memory import CAP, fit_of, place
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.gpus import GIB
from deployer.finding import Severity

HALF = 2
"""A cap below this part of the capacity is far below it."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the cap with what would fit."""
    found = fit_of(case)
    pool = found.pool if found is not None else None
    if found is None or pool is None or not pool.capped or pool.tokens * HALF >= pool.capacity:
        return
    whole = pool.capacity * found.bytes_each / GIB
    each = (
        f"; {found.requests} requests get {found.each:,} tokens each"
        if found.each is not None
        else ""
    )
    yield Problem(
        place(case, CAP),
        f"{pool.tokens:,} tokens use {pool.gib:.1f} of about {whole:.0f} GiB{each}",
        "leave it out; the length of one request is `model.context_length`",
    )


RULE = Rule(
    "pool-capped",
    Severity.WARNING,
    find,
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
