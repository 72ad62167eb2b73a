"""``/metrics`` is Prometheus text, and its counters move with the requests."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from deployer.late import compile_pattern
from deployer.verify import prompts
from deployer.verify.check import Broken
from deployer.verify.excerpt import excerpt
from deployer.verify.trouble import refusal

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

FAMILY_PREFIX = "sglang:"
COUNTER = "sglang:num_requests_total"
"""Counts finished requests (sglang/srt/observability/metrics_collector.py); health calls, which
generate a token as well, are left out."""

REQUESTS = 2
PAUSE = 0.2
_SAMPLE = compile_pattern(
    r'(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?:[^"}]|"(?:\\.|[^"\\])*")*\})?'
    r"\s+(?P<value>\S+)(?:\s+-?\d+)?"
)


def ask(context: Context, check: Check) -> Verdict:
    """Read the counter, make some requests, and read it again until it has moved."""
    if not context.endpoint.metrics:
        return check.skipped("the profile does not turn metrics on")
    before = _read(context)
    for _ in range(REQUESTS):
        context.client.chat.completions.create(
            model=context.model,
            messages=[{"role": "user", "content": prompts.HELLO}],
            temperature=0,
            max_tokens=1,
        )
    after, moved = _read_moved(context, before.get(COUNTER, 0.0))
    families = sum(name.startswith(FAMILY_PREFIX) for name in after)
    check.that(
        families > 0, f"{families} sglang metrics", otherwise=f"no metric of {FAMILY_PREFIX}*"
    )
    check.that(COUNTER in after, f"{COUNTER} is there", otherwise=f"{COUNTER} is missing")
    check.that(
        moved >= REQUESTS,
        f"it counted our {REQUESTS} requests",
        otherwise=f"{COUNTER} moved by {moved:g} when {REQUESTS} requests were made",
        hint="with several replicas each request may reach another one",
    )
    return check.passed()


def parse(text: str) -> dict[str, float]:
    """Read Prometheus text: each name with the sum of its samples; ``ValueError`` if it is not."""
    sums: dict[str, float] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        sample = _SAMPLE.fullmatch(line.strip())
        if sample is None:
            msg = f"not a sample: {line}"
            raise ValueError(msg)
        sums[sample["name"]] = sums.get(sample["name"], 0.0) + float(sample["value"])
    return sums


def _read_moved(context: Context, before: float) -> tuple[dict[str, float], float]:
    """Read until our requests are counted; the engine counts them a moment after it answers."""
    deadline = context.clock() + min(context.settle, context.timeout)
    while True:
        sums = _read(context)
        moved = sums.get(COUNTER, 0.0) - before
        if moved >= REQUESTS or context.clock() >= deadline:
            return sums, moved
        context.sleep(PAUSE)


def _read(context: Context) -> dict[str, float]:
    response = context.get("/metrics", api_key=context.endpoint.api_key)
    if response.status_code != HTTPStatus.OK:
        raise refusal(context.endpoint, "GET /metrics", response.status_code, response.text)
    try:
        return parse(response.text)
    except ValueError as error:
        msg = "/metrics is not Prometheus text"
        raise Broken(msg, detail=(excerpt(context.endpoint, error),)) from None
