"""Traces of requests, sent where ``OTEL_...`` asks for it: OTLP over HTTP, in its JSON encoding.

https://opentelemetry.io/docs/specs/otlp/#otlphttp, and of
https://opentelemetry.io/docs/specs/otel/protocol/exporter/ what a door needs. A request is a span
of its own; a client's ``traceparent`` (https://www.w3.org/TR/trace-context/) makes it a part of the
client's trace, and the engine is told of it in the same header. Nothing is waited for: what cannot
be sent is dropped, and counted.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import ClientError, ClientSession, ClientTimeout

if TYPE_CHECKING:
    from deployer.serve.door.flights import Flight

EVERY = 5.0
"""Seconds between two batches, as OpenTelemetry's own processor has it."""

HELD = 2048
"""Spans that wait to be sent; further ones are dropped (``OTEL_BSP_MAX_QUEUE_SIZE``)."""

SEND_SECONDS, LAST_SECONDS = 10.0, 1.0
"""For one batch, and for the last one."""

PARENT = re.compile(r"00-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})")

SERVER, FAILED = 2, 2
"""``SPAN_KIND_SERVER`` and ``STATUS_CODE_ERROR``."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where traces go: the address, headers that hold credentials, and the service's name."""

    url: str
    headers: Mapping[str, str]
    service: str


def wanted(environ: Mapping[str, str], service: str) -> tuple[Wanted | None, str]:
    """Read what ``OTEL_...`` asks for: None where it asks for nothing, and why it is not done."""
    base = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    url = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").strip()
    url = url or (f"{base.rstrip('/')}/v1/traces" if base else "")
    off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    exporter = environ.get("OTEL_TRACES_EXPORTER", "otlp")
    if not url or off or exporter == "none":
        return None, ""
    protocol = _of(environ, "PROTOCOL") or "http/json"
    if exporter != "otlp":
        return None, f"OTEL_TRACES_EXPORTER is {exporter!r}: no traces; `otlp` is what there is"
    if not protocol.startswith("http/"):
        return None, f"traces by OTLP's {protocol!r} are not sent; `http/json` is what there is"
    if not url.startswith(("http://", "https://")):
        return None, "no traces: the address in OTEL_EXPORTER_OTLP_ENDPOINT is no http(s) URL"
    pairs = (each.partition("=") for each in _of(environ, "HEADERS").split(",") if "=" in each)
    headers = {name.strip(): unquote(value.strip()) for name, _, value in pairs}
    return Wanted(url, headers, environ.get("OTEL_SERVICE_NAME") or service), ""


def _of(environ: Mapping[str, str], what: str) -> str:
    own = environ.get(f"OTEL_EXPORTER_OTLP_TRACES_{what}")
    return own or environ.get(f"OTEL_EXPORTER_OTLP_{what}", "")


@dataclass(slots=True)
class Span:
    """One request, while it is served."""

    trace: str
    id: str
    parent: str
    method: str
    began: int

    @property
    def header(self) -> str:
        """What tells the engine of it."""
        return f"00-{self.trace}-{self.id}-01"


def begun(parent: str, method: str, now: int) -> Span | None:
    """Begin a span below a client's; None where the client says that it is not recorded."""
    found = PARENT.fullmatch(parent)
    if found is None:
        return Span(secrets.token_hex(16), secrets.token_hex(8), "", method, now)
    if not int(found["flags"], 16) & 1:
        return None
    return Span(found["trace"], secrets.token_hex(8), found["span"], method, now)


class Traces:
    """Sends spans in batches, from a task of its own."""

    def __init__(self, to: Wanted, release: str) -> None:
        self._to = to
        self._release = release
        self._open: dict[Flight, Span] = {}
        self._spans: list[dict[str, Any]] = []
        self.dropped = 0
        """Spans that were not sent: too many waited, or nobody took them."""
        self._task = asyncio.create_task(self._run())

    def begin(self, flight: Flight, method: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Begin the span of a request; gives what tells the engine of it."""
        parent = headers.get("Traceparent", "")
        if (span := begun(parent, method, time.time_ns())) is None:
            return {}  # the client's own header goes on as it is
        self._open[flight] = span
        return {"Traceparent": span.header}

    def end(self, flight: Flight) -> None:
        """Note that a request is done with."""
        if (span := self._open.pop(flight, None)) is None:
            return
        if len(self._spans) >= HELD:
            self.dropped += 1
            return
        self._spans.append(_written(span, flight))

    async def close(self) -> None:
        """Send what is left, if that is quick."""
        self._task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await self._send()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self._send()

    async def _send(self) -> None:
        spans, self._spans = self._spans, []
        if not spans:
            return
        of = {"service.name": self._to.service, "service.version": self._release}
        batch = {
            "resourceSpans": [
                {
                    "resource": {"attributes": _attributes(of)},
                    "scopeSpans": [{"scope": {"name": "deployer"}, "spans": spans}],
                }
            ]
        }
        headers = {**self._to.headers, "Content-Type": "application/json"}
        timeout = ClientTimeout(total=SEND_SECONDS)
        try:
            async with (
                ClientSession(timeout=timeout) as session,
                session.post(self._to.url, data=json.dumps(batch), headers=headers) as answer,
            ):
                taken = answer.ok
        except (ClientError, TimeoutError, ValueError):
            taken = False
        if not taken:
            self.dropped += len(spans)


def _written(span: Span, flight: Flight) -> dict[str, Any]:
    first = flight.first_byte_at - flight.began if flight.first_byte_at else 0.0
    event = {"timeUnixNano": str(span.began + int(first * 1e9)), "name": "first piece"}
    values = {
        "http.request.method": span.method,
        "http.route": flight.route,
        "http.response.status_code": flight.status,
        "http.response.body.size": flight.bytes,
        "deployer.request.id": flight.id,
        "deployer.stream": flight.is_stream,
    }
    return {
        "traceId": span.trace,
        "spanId": span.id,
        **({"parentSpanId": span.parent} if span.parent else {}),
        "name": f"{span.method} {flight.route}",
        "kind": SERVER,
        "startTimeUnixNano": str(span.began),
        "endTimeUnixNano": str(span.began + int((time.monotonic() - flight.began) * 1e9)),
        "attributes": _attributes(values),
        "events": [event] if first else [],
        "status": {"code": FAILED} if flight.status >= HTTPStatus.INTERNAL_SERVER_ERROR else {},
    }


def _attributes(values: Mapping[str, object]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items()]


def _value(value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"intValue": str(int(value))} if isinstance(value, int) else {"stringValue": value}
