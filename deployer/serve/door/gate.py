"""Whether the door is open, for whom, and what is behind it."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from deployer.headers import SHAPE_BY, TOLD_BY
from deployer.serve.door.flights import Flights
from deployer.serve.door.refusal import refusal
from deployer.serve.door.routing import Routes
from deployer.serve.door.tally import Tally
from deployer.serve.door.terms import REQUEST_HEADER, Facts

if TYPE_CHECKING:
    from deployer.serve.door.terms import NamedKey, Order, Terms, Upstream
    from deployer.serve.door.traces import Traces

RETRY_AFTER = 5
"""Seconds that a client is told to wait where nobody knows how long it takes."""


class Gate:
    """The state of one door. Only orders change it."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.routes = Routes(terms.routes)
        self.tally = Tally()
        self.flights = Flights(self.tally)
        self.traces: Traces | None = None
        self.facts = Facts()
        self.keys: tuple[NamedKey, ...] = ()
        self.upstream: Upstream | None = None
        self.reason = "the server is starting"
        self._retry_after = RETRY_AFTER

    @property
    def ready(self) -> bool:
        """Whether requests are let through."""
        return self.upstream is not None and not self.reason

    @property
    def port(self) -> int:
        """Where the present engine listens, 0 where there has been none."""
        return self.upstream.port if self.upstream else 0

    def obey(self, order: Order) -> None:
        """Change what an order says."""
        match order.do:
            case "terms" if order.terms is not None:
                self.terms, self.routes = order.terms, Routes(order.terms.routes)
            case "keys":
                self.keys = order.keys
            case "facts":
                self.facts = order.facts or Facts()
            case "open":
                self.upstream, self.reason = order.upstream, ""
            case "shut":
                self.reason = order.reason or "the server is not ready"
                self._retry_after = order.retry_after or RETRY_AFTER

    def shut(self) -> web.Response:
        """Answer while it is shut; the connection ends, so that the next attempt finds another."""
        headers = {"Retry-After": str(self._retry_after)}
        answer = refusal(HTTPStatus.SERVICE_UNAVAILABLE, self.reason, "not_ready", headers)
        answer.force_close()
        return answer

    def health(self) -> web.Response:
        """Answer ``/health``: 200 only for a server that a request may be sent to."""
        if not self.ready:
            return self.shut()
        return web.json_response({"status": "ready"})

    def told(self) -> str:
        """Tell in Prometheus' text what the door and its supervisor know."""
        return self.tally.text(self.facts, ready=self.ready, in_flight=len(self.flights))

    def mark(self, answer: web.StreamResponse, name: str = "") -> None:
        """Put on an answer what every one of ours bears."""
        answer.headers[TOLD_BY] = self.terms.release
        if self.terms.shape:
            answer.headers[SHAPE_BY] = self.terms.shape
        answer.headers.setdefault(REQUEST_HEADER, name or new_name())
        answer.headers["Server"] = "deployer"


def new_name() -> str:
    """Name a request."""
    return f"req_{uuid.uuid4().hex}"
