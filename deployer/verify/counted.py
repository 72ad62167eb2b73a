"""What an endpoint counts: its metrics, each name with the sum of its samples."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from deployer.exposition import NotMetricsError
from deployer.exposition import read as samples_of
from deployer.verify.check import Broken
from deployer.verify.excerpt import excerpt
from deployer.verify.trouble import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.verify.context import Context

NOT_PROMISED = "the profile does not turn metrics on"
PAUSE = 0.2


def read(context: Context) -> dict[str, float]:
    """Read all that is counted; :class:`Broken` where it is not told, or not as Prometheus text."""
    response = context.get("/metrics", api_key=context.endpoint.api_key)
    if response.status_code != HTTPStatus.OK:
        raise refusal(context.endpoint, "GET /metrics", response.status_code, response.text)
    sums: dict[str, float] = {}
    try:
        for sample in samples_of(response.text):
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    except NotMetricsError as error:
        msg = "/metrics is not Prometheus text"
        raise Broken(msg, detail=(excerpt(context.endpoint, error),)) from None
    return sums


def until(context: Context, holds: Callable[[dict[str, float]], bool]) -> dict[str, float]:
    """Read until something holds, or metrics have had their time: they lag behind by a moment."""
    deadline = context.clock() + min(context.settle, context.timeout)
    while True:
        sums = read(context)
        if holds(sums) or context.clock() >= deadline:
            return sums
        context.sleep(PAUSE)
