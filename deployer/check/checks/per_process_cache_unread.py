"""`SGLANG_DG_CACHE_DIR_PER_PROCESS` is set, which no release reads.

Why it hurts: its author wants each process to compile kernels into a folder of its own, because two
that create one folder at the same time used to end the server (EEXIST); the variable does nothing,
and a folder a process would compile everything eight times.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.14
    +   version: 0.5.19
    -   env:
    -     SGLANG_DG_CACHE_DIR_PER_PROCESS: "1"

Source: sgl-project/sglang#27604 (read: merged in June 2026, explains the crash); measured in the
wheels of 0.5.9 to 0.5.23: none names the variable, and a lock around each group of kernels (#36231)
is there from 0.5.19 on.
"""

from __future__ import annotations

from deployer.check.rule import Rule, at
from deployer.finding import Severity

RULE = Rule(
    "per-process-cache-unread",
    Severity.WARNING,
    at(
        lambda case: case.said.variable("SGLANG_DG_CACHE_DIR_PER_PROCESS"),
        "no release of SGLang from 0.5.9 to 0.5.23 reads `SGLANG_DG_CACHE_DIR_PER_PROCESS`",
        "take it out; from 0.5.19 on processes that compile wait for one another",
    ),
    link="https://github.com/sgl-project/sglang/pull/27604",
)
