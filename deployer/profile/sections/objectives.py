"""What a deployment is held to once it serves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from deployer.profile.section import Section


class Objectives(Section):
    """What is promised of speed, errors and answers, and the load at which that holds.

    They change nothing that is deployed. `deployer bench` and `deployer canary` measure them, and
    `apply` with `--bench`, `--canary` or stated objectives ends by holding them.
    """

    ttft_p95: Annotated[float | None, Field(gt=0, le=3600)] = None
    """Seconds to the first token that 95 of 100 requests stay within."""

    itl_p95: Annotated[float | None, Field(gt=0, le=600)] = None
    """Seconds between two pieces of a stream that 95 of 100 stay within."""

    error_rate: Annotated[float | None, Field(ge=0, le=1)] = None
    """The share of requests that may fail. That few do is only seen in many: without a failure,
    0.01 takes 299 requests."""

    accept_length_min: Annotated[float | None, Field(ge=1)] = None
    """Tokens that a step of speculation yields at least, as the engine's metrics tell."""

    cold_start: Annotated[float | None, Field(gt=0, le=86400)] = None
    """Seconds from the container's first moment to serving."""

    accuracy_min: Annotated[float | None, Field(ge=0, le=1)] = None
    """The share of the canary's questions that is answered right."""

    input_tokens: Annotated[int, Field(ge=1)] = 1024
    """Tokens of each prompt of the load at which the objectives hold."""

    output_tokens: Annotated[int, Field(ge=2)] = 256
    """Tokens of each answer of that load."""

    concurrency: Annotated[int, Field(ge=1, le=4096)] = 8
    """Requests of that load at a time."""

    rollback: bool = False
    """Go back to the version before where an objective is missed, as `--rollback-on-failure`."""
