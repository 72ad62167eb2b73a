"""The kernel cache variable does not name the mounted cache volume.

Why it hurts: kernels are compiled on eight GPUs into a folder that ends with the container, at
every start (12 to 15 minutes at $50 an hour were reported).

Instead of ``-`` write ``+``::

    - engine:
    -   env:
    -     SGLANG_DG_CACHE_DIR: /tmp/deep_gemm
    + modal:
    +   kernel_cache:
    +     volume: deepgemm-cache
    +     path: /dg-cache

Source: SGLang 0.5.10.post1 ``srt/environ.py:383``: SGLang overwrites DG_JIT_CACHE_DIR with it.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/environ.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the stated variable with the mount, and look for the one that has no effect."""
    modal = case.profile.modal
    if modal is None or modal.kernel_cache is None:
        return
    mount = modal.kernel_cache.path
    stated = case.profile.engine.env.get("SGLANG_DG_CACHE_DIR", mount)
    if stated != mount:
        yield Problem(
            ("engine", "env", "SGLANG_DG_CACHE_DIR"),
            f"the kernel cache is mounted at {mount}, and this names {stated}",
            "take it out: it follows from `modal.kernel_cache.path`",
        )
    if "DG_JIT_CACHE_DIR" in case.profile.engine.env:
        yield Problem(
            ("engine", "env", "DG_JIT_CACHE_DIR"),
            "SGLang overwrites this with SGLANG_DG_CACHE_DIR, so it has no effect",
            "take it out: the cache follows from `modal.kernel_cache.path`",
        )


RULE = Rule("cache-variable-contradicts", Severity.ERROR, find)
