"""The KV pool is capped at a few prefill batches, so that a burst of prompts can find it full.

Why it hurts: when a prefill batch got no room in the pool, for a moment only, the scheduler ended
with a RuntimeError and took the server down.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.12
    - memory:
    -   max_total_tokens: 65536
      schedule:
        max_prefill_tokens: 32768

Source: sgl-project/sglang#26265 (read: "Scheduler crashes with SIGQUIT on transient prefill KV-pool
exhaustion", May 2026, closed as inactive, and its pull request 26266 without a merge) and 30743
(read: July 2026, GLM-5.2 on 8 H100, five crashes in nine hours with the pool full and nothing to
evict; closed). A batch holds at most a chunk, or `max_prefill_tokens` where that is less
(``managers/schedule_policy.py`` of 0.5.10.post1 to 0.5.23, ``PrefillAdder``; pull request 35414),
and with data-parallel attention a rank's part of the chunk. It is the pool that was full, not the
memory beside it. Room for four prefill batches is a guess: upstream does not say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import attention_ranks
from deployer.finding import Severity

OWN = 16384
"""`--max-prefill-tokens` where none are stated (SGLang 0.5.10.post1 ``server_args.py``)."""

BATCHES = 4


def find(case: Case) -> Iterator[Problem]:
    """Compare the cap with the tokens of a prefill batch."""
    if case.profile.hardware.gpu == "none":
        return  # there the cap is what bounds the pool: it would take the machine's memory
    cap, tokens = case.said.option("--max-total-tokens"), case.said.number("--max-total-tokens")
    batch = _batch(case)
    if cap is not None and tokens is not None and tokens < BATCHES * batch:
        yield Problem(
            cap.path,
            f"{tokens:,} tokens are {tokens / batch:.1f} prefill batches of {batch:,}: "
            "one that finds the pool full may end the scheduler",
            "leave it out, or lower `schedule.chunked_prefill_size`",
        )


def _batch(case: Case) -> int:
    """Give the most tokens that one prefill batch takes; the engine's own chunk is not known."""
    most = case.said.number("--max-prefill-tokens") or OWN
    chunk = case.said.number("--chunked-prefill-size") or 0
    ranks = attention_ranks(case.profile)
    return min(most, chunk // ranks) if chunk >= ranks else most


RULE = Rule(
    "small-pool-prefill",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/issues/26265",
    inferred=True,
)
