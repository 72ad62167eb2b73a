"""What can be seen of a running server."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deployer.profile.flag import Flag
from deployer.profile.section import Section


class Observability(Section):
    """What can be seen of a running server."""

    watchdog_timeout: Annotated[float | None, Flag("--watchdog-timeout", 600)] = Field(
        default=None, gt=0
    )
    """Seconds that one forward batch may take before the engine ends itself. It runs only after
    the weights are loaded, and covers long kernel compilation."""

    metrics: Annotated[bool, Flag("--enable-metrics", 610)] = False
    """Serve Prometheus metrics at `/metrics`, to whoever has an API key."""

    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None, Flag("--log-level", 611)
    ] = None
    """The level of the engine's log."""

    log_requests: Annotated[bool, Flag("--log-requests", 612)] = False
    """Write the requests into the log. Prompts are personal data: mind who reads it."""

    decode_log_interval: Annotated[int | None, Flag("--decode-log-interval", 613)] = Field(
        default=None, ge=1
    )
    """Decode steps between two throughput lines in the log."""

    cache_report: Annotated[bool, Flag("--enable-cache-report", 614)] = False
    """Report the cached prompt tokens of each request in `usage`."""
