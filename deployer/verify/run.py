"""Asking an endpoint about everything that its profile promises."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from deployer.verify.catalogue import Probe, selected
from deployer.verify.check import Broken, Check
from deployer.verify.context import Context, open_context
from deployer.verify.probes import models
from deployer.verify.trouble import Silent, explain
from deployer.verify.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from deployer.verify.endpoint import Endpoint

TIMEOUT = 180.0
"""The longest silence, in seconds: more than the 150 s after which Modal redirects."""

MAX_TOKENS = 512
PATIENCE = 2
"""After so many probes without an answer in time, the rest are not asked."""

REACH = "endpoint"
"""The probe named in the only verdict on an endpoint that cannot be reached."""


def verify(
    endpoint: Endpoint,
    *,
    timeout: float = TIMEOUT,
    max_tokens: int = MAX_TOKENS,
    select: Collection[str] | None = None,
    on_verdict: Callable[[Verdict], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Verdict, ...]:
    """Ask the endpoint and give a verdict on each promise, in the catalogue's order.

    ``timeout`` is the longest silence in seconds, ``max_tokens`` bounds each answer, ``select``
    names the probes (None is all), ``on_verdict`` hears of each verdict as it falls. An endpoint
    that cannot be reached gets one failed verdict and no others. The API key stands in none.

    Raises :class:`~deployer.errors.UsageError` for an unknown or empty selection, and what the
    endpoint's guard raises.
    """
    probes = selected(select)
    verdicts = []
    model = endpoint.model or ""
    with open_context(
        endpoint, model=model, timeout=timeout, max_tokens=max_tokens, clock=clock
    ) as context:
        for found in _verdicts(context, probes):
            verdict = _without_key(found, endpoint)
            verdicts.append(verdict)
            if on_verdict is not None:
                on_verdict(verdict)
    return tuple(verdicts)


def _verdicts(context: Context, probes: tuple[Probe, ...]) -> Iterator[Verdict]:
    context.endpoint.guard()
    reached = _reach(context)
    if isinstance(reached, Verdict):
        yield reached
        return
    silent = 0
    for probe in probes:
        check = Check(probe.name, context.clock)
        if silent >= PATIENCE:
            yield check.failed(
                Broken(f"not asked: {silent} probes before it got no answer in time")
            )
            continue
        context.endpoint.guard()  # out here it ends the asking; in there it is one broken promise
        try:
            yield probe.ask(reached, check)
        except Exception as error:  # noqa: BLE001 - whatever an answer breaks, the promise is broken
            broken = explain(error, context.endpoint, context.timeout)
            silent += isinstance(broken, Silent)
            yield check.failed(broken)


def _reach(context: Context) -> Context | Verdict:
    """Reach the endpoint at all, whatever it says, and learn the model's name if none is given."""
    check = Check(REACH, context.clock)
    try:
        if context.model:
            context.get("/v1/models", api_key=context.endpoint.api_key)
            return context
        return replace(context, model=models.listed(context)[0])
    except Exception as error:  # noqa: BLE001 - as above
        return check.failed(explain(error, context.endpoint, context.timeout))


def _without_key(verdict: Verdict, endpoint: Endpoint) -> Verdict:
    """Take the key out of a verdict once more, wherever a server may have put it."""
    return replace(
        verdict,
        checked=tuple(endpoint.hide(each) for each in verdict.checked),
        message=endpoint.hide(verdict.message),
        hint=endpoint.hide(verdict.hint),
        detail=tuple(endpoint.hide(each) for each in verdict.detail),
    )
