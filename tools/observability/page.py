"""The page beside them: the names, how to have them read, and what the alerts say."""

from __future__ import annotations

from deployer.metrics import METRICS, Metric
from tools.observability.alerts import ALERTS
from tools.observability.names import ENGINE

BEGIN = """\
# Watching endpoints

<!-- Written by `make generated` from deployer/metrics.py and tools/observability/. -->

With `observability.metrics: true` in a profile, a server's `/metrics` tells in Prometheus' text
format what its door counts, `deployer_...`, and after it what its engine counts, `sglang:...`.
`deployer top NAME` shows the most of it on a terminal, without any of what follows.

- [dashboard.json](dashboard.json): a dashboard for Grafana 11 and later (Dashboards, New, Import).
- [alerts.yaml](alerts.yaml): rules for Prometheus (`rule_files`).

```yaml
scrape_configs:
  - job_name: deployer
    scheme: https
    authorization: {credentials_file: key}
    static_configs:
      - targets: [acme--glm51-server.modal.run]
```

The key is one of the server's, for `/metrics` asks for it as every route but `/health` does.

On Modal, whoever asks meets one container of an app, whichever it is: with more than one, counters
jump between them. A question also starts a container where none runs, and keeps it from being
ended: an endpoint that should scale to zero is not watched this way.

## Traces

Where the server's environment (`engine.env`, or a secret of Modal for what holds a token) has
`OTEL_EXPORTER_OTLP_ENDPOINT`, the door sends each request as a span: route, status, bytes, the
moment of its first piece, below the client's own span if it sent a `traceparent`. The engine is
told of the span in the same header, so that its own traces (`--enable-trace`) hang below it.

They go out every 5 s by OTLP over HTTP in its JSON encoding, which needs no further package; of
`OTEL_EXPORTER_OTLP_ENDPOINT`, `..._HEADERS` and `..._PROTOCOL` the forms with `TRACES` go first,
`OTEL_SERVICE_NAME`, `OTEL_TRACES_EXPORTER=none` and `OTEL_SDK_DISABLED` mean what they always do.
gRPC is not spoken, which the server's events say where it is asked for. A collector that is not
there costs no request anything: its spans are dropped, and counted.

"""


def page() -> str:
    """Write the page."""
    alerts = [
        f"| `{each.name}` | {each.severity} | {each.holds} | {each.says} | {each.do} |"
        for each in ALERTS
    ]
    return BEGIN + "\n".join(
        [
            "## What the door counts",
            "",
            *_table(METRICS),
            "",
            "## What is shown of the engine's",
            "",
            *_table(ENGINE),
            "",
            "## Alerts",
            "",
            "| alert | severity | for | what it says | what to do |",
            "|---|---|---|---|---|",
            *alerts,
            "",
        ]
    )


def _table(metrics: tuple[Metric, ...]) -> list[str]:
    rows = ["| name | kind | labels | what it is |", "|---|---|---|---|"]
    for each in metrics:
        labels = ", ".join(f"`{label}`" for label in each.labels)
        rows.append(f"| `{each.name}` | {each.kind} | {labels} | {each.help} |")
    return rows
