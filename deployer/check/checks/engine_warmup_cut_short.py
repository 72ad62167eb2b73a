"""The engine's own warm-up request has less time than kernels may need to compile.

Why it hurts: SGLang sends itself one request before it is ready, and ends the server where no
answer comes in time: 600 s by default. With a cold kernel cache that request compiles.

Instead of ``-`` write ``+``::

      engine:
        env:
    -     SGLANG_WARMUP_TIMEOUT: "120"
    +     SGLANG_WARMUP_TIMEOUT: "1800"

Source: measured in the wheels: ``srt/environ.py`` of 0.5.10.post1 ("recommend to increase warmup
timeout to 1800 to accommodate some kernel JIT precache e.g. deep gemm") and
``entrypoints/http_server.py``, which takes 600 where nothing is set.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

OWN = 600.0
"""Seconds that the engine takes where nothing is set."""


def find(case: Case) -> Iterator[Problem]:
    """Look for less than the engine's own time; what is no positive number means its own."""
    found = case.said.variable("SGLANG_WARMUP_TIMEOUT")
    skipped = case.said.option("--skip-server-warmup") is not None
    seconds = _number(found.value) if found is not None else 0.0
    if found is not None and not skipped and 0 < seconds < OWN:
        yield Problem(
            found.path,
            f"the engine ends itself where its first answer takes longer than {seconds:g} s",
            'write `"1800"`, as SGLang recommends for a cold kernel cache, or take it out',
        )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


RULE = Rule(
    "engine-warmup-cut-short",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/environ.py",
)
