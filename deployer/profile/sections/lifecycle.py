"""The budgets of a server's life."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from deployer.profile.section import Section

WarmupKind = Literal["chat", "no_thinking", "long_context", "tools", "batch"]


StageName = Literal[
    "container", "volumes", "caches", "imports", "distributed", "weights", "pool", "kernels",
    "graphs", "http", "self-test", "health", "warmup",
]  # fmt: skip
"""The stages of a start, as `deployer timeline` names them."""


class Lifecycle(Section):
    """From launch to end: how long each part may take, in seconds."""

    startup_timeout: Annotated[float | None, Field(gt=0, le=86400)] = None
    """From launch to the first healthy answer: loading weights, compiling, capturing graphs. By
    default 1800, and on Modal twice as long as reading the weights takes at its slowest where that
    is more and their size is known: 4400 for 704 GiB that are read by pages."""

    start_budget: Annotated[float | None, Field(gt=0, le=86400)] = None
    """How long a start should take, from the container's first moment to serving. One that takes
    longer is not ended by it: `apply` and `deployer timeline` call it out."""

    stage_budgets: dict[StageName, Annotated[float, Field(gt=0, le=86400)]] = Field(
        default_factory=dict
    )
    """How long single stages of a start should take, in seconds, such as `{weights: 300, graphs:
    120}`; all ranks together, and a draft's weights with the model's. One that takes longer is told
    at once and not ended by it: that does `startup_timeout`. Without one a stage has no budget."""

    health_interval: Annotated[float, Field(ge=0.1, le=60)] = 1.0
    """Between two health calls while waiting."""

    health_timeout: Annotated[float, Field(gt=1, le=600)] = 25.0
    """For one health call. SGLang generates a token for each, so it takes at least a second and
    up to 20."""

    warmup: Annotated[tuple[WarmupKind, ...] | None, Strict(strict=False)] = None
    """The requests that are answered before the server is called ready: the first alone, then all
    others at a time. By default `chat`, `long_context` where there is room for it, and
    `no_thinking` and `tools` where the parsers for them are set. `batch`, which is sent after the
    others, is as many short ones at once as the largest batch that the engine has a CUDA graph
    for: it proves that they fit, and warms nothing up, for the engine computes each size twice
    before it captures its graph."""

    warmup_timeout: Annotated[float, Field(gt=0, le=86400)] = 300.0
    """For each warm-up request; the first ones compile and capture."""

    warmup_long_tokens: Annotated[int | None, Field(ge=16)] = None
    """About how many tokens the long-context warm-up sends. By default 8192, or as many as the
    context and the pool have room for."""

    drain_timeout: Annotated[float, Field(ge=0, le=86400)] = 25.0
    """For requests in flight after a stop is asked for. Modal's `web_server` gives 30 s."""

    hang_timeout: Annotated[float, Field(ge=2, le=86400)] = 60.0
    """Without any progress while requests are in flight; after it the engine is taken for hung, and
    is ended. Three times what SGLang gives its own health call (20 s), a fifth of what its watchdog
    gives one batch (300 s)."""

    restarts: Annotated[int, Field(ge=0, le=100)] = 3
    """How often in a row the engine is started again on this machine after it has died or hung; the
    count begins anew once it has served for ten minutes. Modal starts another container instead."""
