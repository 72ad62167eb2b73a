"""The cache in host memory is on, and the cache that it extends is off.

Why it hurts: SGLang refuses the two together, after the container is scheduled.

Instead of ``-`` write ``+``::

      memory:
    -   radix_cache: false
    +   radix_cache: true
        hierarchical_cache: true

Source: SGLang 0.5.9 ``srt/server_args.py:2685`` to 0.5.23 ``kv_cache_hook.py:393``: "mutually
exclusive".
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for HiCache without the radix cache."""
    if case.profile.memory.hierarchical_cache and not case.profile.memory.radix_cache:
        yield Problem(
            ("memory", "hierarchical_cache"),
            "it keeps what the radix cache evicts, and `radix_cache` is false",
            "turn one of the two round",
        )


RULE = Rule(
    "caches-contradict",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/hicache_best_practices.html",
)
