"""Traces of requests: what `OTEL_...` asks for, and what a collector gets."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deployer.serve.door import traces
from deployer.serve.door.traces import Wanted, begun, wanted
from deployer.serve.doorkeeper import RUN
from tests.serve.living import wait_for

from .conftest import House
from .upstream import Stream, Upstream

CHAT = "/v1/chat/completions"
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

Make = Callable[..., House]


@pytest.mark.parametrize(
    ("environ", "to"),
    [
        ({}, None),
        ({ENDPOINT: "http://c:4318/"}, Wanted("http://c:4318/v1/traces", {}, "s")),
        (
            {ENDPOINT: "http://c", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://t/x"},
            Wanted("https://t/x", {}, "s"),
        ),
        (
            {
                ENDPOINT: "http://c",
                "OTEL_EXPORTER_OTLP_HEADERS": "a=b%20c, Authorization=Bearer%20k==",
                "OTEL_SERVICE_NAME": "mine",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            },
            Wanted("http://c/v1/traces", {"a": "b c", "Authorization": "Bearer k=="}, "mine"),
        ),
        ({ENDPOINT: "http://c", "OTEL_SDK_DISABLED": "true"}, None),
        ({ENDPOINT: "http://c", "OTEL_TRACES_EXPORTER": "none"}, None),
    ],
)
def test_what_is_asked_for(environ: Mapping[str, str], to: Wanted | None) -> None:
    assert wanted(environ, "s") == (to, "")


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "traces by OTLP's 'grpc' are not sent"),
        ({"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}, "traces by OTLP's 'grpc' are not sent"),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER is 'zipkin': no traces"),
        ({ENDPOINT: "c:4317"}, "no traces: the address in OTEL_EXPORTER_OTLP_ENDPOINT is no"),
    ],
)
def test_what_is_asked_for_in_vain_is_said(environ: Mapping[str, str], why: str) -> None:
    to, said = wanted({ENDPOINT: "http://c", **environ}, "s")

    assert to is None
    assert said.startswith(why)


def test_a_span_is_part_of_the_clients_trace() -> None:
    span = begun(f"00-{TRACE}-{SPAN}-01", "POST", 5)

    assert span is not None
    assert (span.trace, span.parent, span.began) == (TRACE, SPAN, 5)
    assert span.id not in {SPAN, "0" * 16}
    assert span.header == f"00-{TRACE}-{span.id}-01"


@pytest.mark.parametrize("parent", ["", "00-x", f"00-{TRACE}-{SPAN}", f"ff-{TRACE}-{SPAN}-01"])
def test_without_a_parent_that_can_be_read_it_is_a_trace_of_its_own(parent: str) -> None:
    span = begun(parent, "POST", 5)

    assert span is not None
    assert (span.parent, len(span.trace), len(span.id)) == ("", 32, 16)


def test_what_a_client_does_not_record_is_not_recorded() -> None:
    assert begun(f"00-{TRACE}-{SPAN}-00", "POST", 5) is None


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    found = Upstream()
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{found.port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-token=t")
    yield found
    found.close()


def spans(collector: Upstream) -> list[dict[str, Any]]:
    wait_for(lambda: bool(collector.seen))
    batches = [json.loads(body) for *_, body in collector.seen]
    return [
        span
        for batch in batches
        for resource in batch["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


@pytest.mark.process
def test_a_collector_gets_what_became_of_requests(collector: Upstream, house: Make) -> None:
    at = house()
    at.ask("POST", CHAT, json={}, headers={"Traceparent": f"00-{TRACE}-{SPAN}-01"})
    at.ask("POST", CHAT, "wrong", json={})
    at.upstream.answer = stream = Stream()
    stream.go.release()
    stream.go.release()
    at.ask("POST", CHAT, json={})
    at.door.end()  # what is left is sent at the end
    plain, streamed = spans(collector)

    method, path, headers, body = collector.seen[0]
    assert (method, path, headers["x-token"]) == ("POST", "/v1/traces", "t")
    assert headers["Content-Type"] == "application/json"
    resource = json.loads(body)["resourceSpans"][0]["resource"]["attributes"]
    assert {"key": "service.name", "value": {"stringValue": "deployer-0123456789ab"}} in resource
    assert (plain["traceId"], plain["parentSpanId"]) == (TRACE, SPAN)
    assert plain["name"] == f"POST {CHAT}"
    assert {"key": "http.response.status_code", "value": {"intValue": "200"}} in plain["attributes"]
    assert 0 < int(plain["startTimeUnixNano"]) <= int(plain["endTimeUnixNano"])
    assert "parentSpanId" not in streamed
    assert {"key": "deployer.stream", "value": {"boolValue": True}} in streamed["attributes"]
    assert [event["name"] for event in streamed["events"]] == ["first piece"]
    sent = [headers["Traceparent"] for _, _, headers, _ in at.upstream.seen]
    assert sent[0] == f"00-{TRACE}-{plain['spanId']}-01"
    assert sent[1] == f"00-{streamed['traceId']}-{streamed['spanId']}-01"


@pytest.mark.process
@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
@pytest.mark.parametrize("trusted", [True, False])
def test_they_go_out_by_tls_to_whom_a_certificate_vouches_for(
    tmp_path: Path,
    collector: Upstream,
    house: Make,
    monkeypatch: pytest.MonkeyPatch,
    trusted: bool,
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext"
    made = ["openssl", *words.split(), "subjectAltName=IP:127.0.0.1", "-out", str(certificate)]
    subprocess.run([*made, "-keyout", str(key)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    collector.server.socket = context.wrap_socket(collector.server.socket, server_side=True)
    monkeypatch.setenv(ENDPOINT, f"https://127.0.0.1:{collector.port}")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    at = house()
    assert at.ask("POST", CHAT, json={}).status_code == 200
    at.door.end()

    assert [path for _, path, _, _ in collector.seen] == (["/v1/traces"] if trusted else [])


@pytest.mark.process
@pytest.mark.parametrize("environ", [{}, {ENDPOINT: "https://collector"}])
def test_a_door_loads_tls_for_traces_only(environ: Mapping[str, str]) -> None:
    command = [sys.executable, "-X", "importtime", str(RUN), "--help"]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    log = subprocess.run(
        command, env={**bare, **environ}, capture_output=True, text=True, check=True
    ).stderr
    loaded = {line.rpartition("|")[2].strip() for line in log.splitlines()}

    assert "aiohttp.web" in loaded
    assert ("_ssl" in loaded) is bool(environ)


@pytest.mark.process
def test_a_protocol_that_there_is_not_is_told(
    monkeypatch: pytest.MonkeyPatch, collector: Upstream, house: Make
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    at = house()
    wait_for(lambda: bool(at.told))

    assert at.told == ["traces by OTLP's 'grpc' are not sent; `http/json` is what there is"]
    assert at.ask("POST", CHAT, json={}).status_code == 200
    assert collector.seen == []


def test_batches_go_out_as_often_as_opentelemetrys_own() -> None:
    assert (traces.EVERY, traces.HELD) == (5.0, 2048)
