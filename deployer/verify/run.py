"""Asking an endpoint about everything that its profile promises."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from deployer.verify.alike import Alike
from deployer.verify.catalogue import Probe, selected
from deployer.verify.check import Broken, Check, Unseen
from deployer.verify.context import SETTLE, Context, open_context
from deployer.verify.probes import models
from deployer.verify.trouble import Silent, explain
from deployer.verify.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from deployer.verify.endpoint import Endpoint

_Found = TypeVar("_Found")

TIMEOUT = 180.0
"""The longest silence, in seconds: more than the 150 s after which Modal redirects."""

TOTAL = 1800.0
"""The most seconds for all probes together. On two cores the tiny model takes half a minute; a
container that has to start first may take ten minutes."""

MAX_TOKENS = 512
PATIENCE = 2
"""After so many probes without an answer in time, the rest are not asked."""

REACH = "endpoint"
"""The probe named in the only verdict on an endpoint that cannot be reached."""


def verify(  # noqa: PLR0913 - how to ask, by name
    endpoint: Endpoint,
    *,
    timeout: float = TIMEOUT,
    total: float = TOTAL,
    settle: float = SETTLE,
    select: Collection[str] | None = None,
    on_verdict: Callable[[Verdict], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Verdict, ...]:
    """Ask the endpoint and give a verdict on each promise, in the catalogue's order.

    ``timeout`` is the longest silence and ``total`` the most for all of it, in seconds: what an
    endpoint that trickles would go on with is left then. ``settle`` is how many seconds metrics may
    lag behind. ``select`` names the probes (None is all),
    ``on_verdict`` hears of each verdict as it falls. An endpoint that cannot be reached gets one
    failed verdict and no others. The API key stands in none.

    Raises :class:`~deployer.errors.UsageError` for an unknown or empty selection, and what the
    endpoint's guard raises.
    """
    probes = selected(select)
    verdicts = []
    model = endpoint.model or ""
    with open_context(
        endpoint, model=model, timeout=timeout, max_tokens=MAX_TOKENS, settle=settle, clock=clock
    ) as context:
        for found in _verdicts(context, probes, _Span(total)):
            verdict = _without_key(found, endpoint)
            verdicts.append(verdict)
            if on_verdict is not None:
                on_verdict(verdict)
    return tuple(verdicts)


class _Span:
    """The time for all of it."""

    def __init__(self, total: float) -> None:
        self.total = total
        self._end = time.monotonic() + total

    @property
    def left(self) -> float:
        """Seconds that are left, 0 for none."""
        return max(0.0, self._end - time.monotonic())

    def over(self) -> Broken:
        """Say that there is no time left."""
        hint = "a larger --timeout allows more; --silence bounds the wait for one answer"
        return Broken(f"the {self.total:g} s for all probes are over", hint=hint)


def _verdicts(context: Context, probes: tuple[Probe, ...], span: _Span) -> Iterator[Verdict]:
    context.endpoint.guard()
    check = Check(REACH, context.clock)
    reached = _within(span, lambda: _reach(context), context)
    if isinstance(reached, Broken):
        yield check.failed(reached)
        return
    silent = 0
    alike = Alike(reached)
    for probe in probes:
        check = Check(probe.name, context.clock)
        if silent >= PATIENCE or not span.left:
            why = f"{silent} probes before it got no answer in time"
            yield check.failed(
                Broken(f"not asked: {why if silent >= PATIENCE else span.over().message}")
            )
            continue
        context.endpoint.guard()  # out here it ends the asking; in there it is one broken promise
        found = _within(span, partial(_asked, probe, reached, check, alike), context)
        silent += isinstance(found, Silent)
        if isinstance(found, Unseen):
            yield check.unseen(found)
        else:
            yield check.failed(found) if isinstance(found, Broken) else found


def _asked(probe: Probe, context: Context, check: Check, alike: Alike) -> Verdict:
    """Ask, and where all seems well make sure that it was an answer to what was asked."""
    verdict = probe.ask(context, check)
    if not probe.form and verdict.outcome is Outcome.PASSED and (broken := alike()):
        raise broken
    return verdict


def _within(span: _Span, asking: Callable[[], _Found], context: Context) -> _Found | Broken:
    """Ask within what time is left; who has not answered by then is left to a thread of its own."""
    found: list[_Found | Broken] = []

    def work() -> None:
        try:
            found.append(asking())
        except Exception as error:  # noqa: BLE001 - whatever an answer breaks, the promise is broken
            found.append(explain(error, context.endpoint, context.timeout))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(span.left)
    return found[0] if found else span.over()


def _reach(context: Context) -> Context:
    """Reach the endpoint at all, whatever it says, and learn the model's name if none is given."""
    if context.model:
        context.get("/v1/models", api_key=context.endpoint.api_key)
        return context
    return replace(context, model=models.listed(context)[0])


def _without_key(verdict: Verdict, endpoint: Endpoint) -> Verdict:
    """Take the key out of a verdict once more, wherever a server may have put it."""
    return replace(
        verdict,
        checked=tuple(endpoint.hide(each) for each in verdict.checked),
        message=endpoint.hide(verdict.message),
        hint=endpoint.hide(verdict.hint),
        detail=tuple(endpoint.hide(each) for each in verdict.detail),
    )
