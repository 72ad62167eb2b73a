"""The KV pool cannot hold one request of the full context.

Why it hurts: SGLang admits no request that is longer than the pool, whatever the model and
`context_length` allow: clients get an error for prompts that the model's page says it takes.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: H200
        count: 8
      memory:
    -   mem_fraction_static: 0.72
    +   mem_fraction_static: 0.85
        kv_cache_dtype: bfloat16

Source: SGLang 0.5.10.post1 ``managers/tp_worker.py:301``: the longest request is the smaller of
context and pool, and ``managers/scheduler.py:1848`` refuses longer prompts. The pool is estimated
from shapes, and this fires where it is below by more than its error of 1 GiB, at least 3 per
cent; a cap is exact.
A shorter `model.context_length` says that it is meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.memory import CAP, FRACTION, fit_of, place, too_large
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.fit.fit import Fit


def find(case: Case) -> Iterator[Problem]:
    """Compare the pool with the longest request that is admitted."""
    found = fit_of(case)
    if found is None or too_large(found):
        return
    capped = found.pool is not None and found.pool.capped
    most = found.tokens if capped else found.tokens * (1 + found.band / 100)
    if most >= found.context:
        return
    about = "" if capped else "about "
    yield Problem(
        place(case, CAP) if capped else place(case, FRACTION),
        f"the KV pool holds {about}{found.tokens:,} tokens, and one request may have "
        f"{found.context:,}",
        _hint(found, capped=capped),
    )


def _hint(found: Fit, *, capped: bool) -> str:
    shorter = f"write `model.context_length: {found.tokens}` if shorter requests are meant"
    if capped:
        return f"leave the cap out, or {shorter}"
    if not found.tokens or found.smallest is None:
        return "take more or larger GPUs, or an FP8 KV cache"
    return f"write at least `memory.mem_fraction_static: {found.smallest:.2f}`, or {shorter}"


RULE = Rule(
    "pool-below-one-context",
    Severity.WARNING,
    find,
    link="https://docs.sglang.io/advanced_features/hyperparameter_tuning.html",
)
