"""``/metrics`` is Prometheus text with the names to watch, and its counters move with requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.counted import NOT_PROMISED, read, until

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

FAMILY_PREFIX = "sglang:"
COUNTER = "sglang:num_requests_total"
"""Counts finished requests (sglang/srt/observability/metrics_collector.py); health calls, which
generate a token as well, are left out."""

EXPECTED = (
    COUNTER,
    "sglang:prompt_tokens_total",
    "sglang:generation_tokens_total",
    "sglang:time_to_first_token_seconds_count",
    "sglang:num_running_reqs",
    "sglang:num_queue_reqs",
    "sglang:token_usage",
)
"""What `deployer top` and the dashboard read; the engine has them once it has answered."""

GROW = EXPECTED[:3]
"""What each request moves by one at least."""

REQUESTS = 2


def ask(context: Context, check: Check) -> Verdict:
    """Read the counter, make some requests, and read it again until it has moved."""
    if not context.endpoint.metrics:
        return check.skipped(NOT_PROMISED)
    before = read(context)
    for _ in range(REQUESTS):
        context.client.chat.completions.create(
            model=context.model,
            messages=[{"role": "user", "content": prompts.HELLO}],
            temperature=0,
            max_tokens=1,
        )
    after = until(
        context, lambda sums: all(_moved(before, sums, each) >= REQUESTS for each in GROW)
    )
    families = sum(name.startswith(FAMILY_PREFIX) for name in after)
    check.that(
        families > 0, f"{families} sglang metrics", otherwise=f"no metric of {FAMILY_PREFIX}*"
    )
    missing = [name for name in EXPECTED if name not in after]
    check.that(
        not missing,
        f"{len(EXPECTED)} expected names",
        otherwise=f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing",
    )
    for name in GROW:
        moved = _moved(before, after, name)
        check.that(
            moved >= REQUESTS,
            f"{name} counts our {REQUESTS} requests",
            otherwise=f"{name} moved by {moved:g} when {REQUESTS} requests were made",
            hint="with several replicas each request may reach another one",
        )
    return check.passed()


def _moved(before: dict[str, float], after: dict[str, float], name: str) -> float:
    return after.get(name, 0.0) - before.get(name, 0.0)
