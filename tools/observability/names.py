"""The engine's metrics that are used here, and how expressions are written over names.

They have these names and kinds in every release from 0.5.9 to 0.5.23.
"""

from __future__ import annotations

from deployer.metrics import COUNTER, GAUGE, HISTOGRAM, Metric

RUNNING = Metric("sglang:num_running_reqs", GAUGE, "Requests that the engine decodes.")
QUEUED = Metric("sglang:num_queue_reqs", GAUGE, "Requests that wait for the engine.")
POOL = Metric("sglang:token_usage", GAUGE, "The share of the KV pool that is taken.")
CACHED = Metric("sglang:cache_hit_rate", GAUGE, "The share of prompts that was in the cache.")
ACCEPTED = Metric("sglang:spec_accept_length", GAUGE, "Tokens that a step of speculation yields.")
RETRACTED = Metric(
    "sglang:num_retracted_reqs", GAUGE, "Requests that lost their place in the pool."
)
OUT = Metric("sglang:generation_tokens_total", COUNTER, "Tokens that were generated.")
IN = Metric("sglang:prompt_tokens_total", COUNTER, "Tokens of prompts.")
ENGINE_FIRST = Metric(
    "sglang:time_to_first_token_seconds", HISTOGRAM, "The engine's own time to the first token."
)

ENGINE = (RUNNING, QUEUED, POOL, CACHED, ACCEPTED, RETRACTED, OUT, IN, ENGINE_FIRST)

RANKS = "max without (tp_rank, pp_rank, moe_ep_rank, pid)"
"""Ranks of one replica tell the same thing: of them the largest counts."""


def each(metric: Metric, selector: str) -> str:
    """Add up an engine's gauge over its replicas, for each server."""
    return f"sum by (instance) ({RANKS} ({metric.name}{selector}))"


def highest(metric: Metric, selector: str) -> str:
    """Give an engine's gauge where it is highest, for each server."""
    return f"max by (instance) ({metric.name}{selector})"


def rate(metric: Metric, selector: str, window: str, by: str = "instance") -> str:
    """Give how fast a counter grows."""
    return f"sum by ({by}) (rate({metric.name}{selector}[{window}]))"


def quantile(share: float, metric: Metric, selector: str, window: str, by: str = "le") -> str:
    """Give a percentile of a histogram, over all servers that are selected."""
    counted = f"sum by ({by}) (rate({metric.name}_bucket{selector}[{window}]))"
    return f"histogram_quantile({share}, {counted})"
