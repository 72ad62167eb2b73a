"""The dashboard, as Grafana imports it (JSON model, schema version 39: Grafana 11 and later)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from deployer import metrics as ours
from tools.observability import names

WINDOW = "$__rate_interval"
CHOSEN = '{job=~"$job",instance=~"$instance"}'
SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, HEIGHT, ACROSS = 8, 7, 24


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: a title, what it means, the unit of Grafana, and its lines by their legends."""

    title: str
    says: str
    unit: str
    lines: tuple[tuple[str, str], ...]
    kind: str = "timeseries"


def percentiles(metric: ours.Metric) -> tuple[tuple[str, str], ...]:
    """Give the lines of three percentiles."""
    return tuple(
        (f"p{share * 100:.0f}", names.quantile(share, metric, CHOSEN, WINDOW))
        for share in (0.5, 0.9, 0.99)
    )


def by_instance(expression: str, what: str = "") -> tuple[tuple[str, str], ...]:
    """Give one line for each server."""
    return ((f"{{{{instance}}}}{what}", expression),)


ROWS: dict[str, tuple[Panel, ...]] = {
    "State": (
        Panel(
            "Ready", ours.READY.help, "short",
            by_instance(f"{ours.READY.name}{CHOSEN}"), "stat",
        ),
        Panel(
            "A hang is suspected", ours.HANG.help, "short",
            by_instance(f"{ours.HANG.name}{CHOSEN}"), "stat",
        ),
        Panel(
            "Restarts of the engine", ours.RESTARTS.help, "short",
            by_instance(f"increase({ours.RESTARTS.name}{CHOSEN}[$__range])"), "stat",
        ),
    ),
    "Requests": (
        Panel(
            "Requests", ours.REQUESTS.help, "reqps",
            (("{{route}} {{status}}",
              names.rate(ours.REQUESTS, CHOSEN, WINDOW, "route, status")),),
        ),
        Panel(
            "In flight, running, queued",
            f"{ours.IN_FLIGHT.help} {names.RUNNING.help} {names.QUEUED.help}", "short",
            (
                *by_instance(f"{ours.IN_FLIGHT.name}{CHOSEN}", " in flight"),
                *by_instance(names.each(names.RUNNING, CHOSEN), " running"),
                *by_instance(names.each(names.QUEUED, CHOSEN), " queued"),
            ),
        ),
        Panel(
            "Refused and cut", f"{ours.REFUSALS.help} {ours.CUTS.help}", "reqps",
            (
                ("refused: {{code}}", names.rate(ours.REFUSALS, CHOSEN, WINDOW, "code")),
                ("cut by {{by}}", names.rate(ours.CUTS, CHOSEN, WINDOW, "by")),
            ),
        ),
    ),
    "Latency": (
        Panel("Time to the first token", ours.FIRST.help, "s", percentiles(ours.FIRST)),
        Panel("Between tokens", ours.GAP.help, "s", percentiles(ours.GAP)),
        Panel("Whole requests", ours.TOOK.help, "s", percentiles(ours.TOOK)),
        Panel(
            "Time to the first token, of the engine",
            f"{names.ENGINE_FIRST.help} What the door's has more is spent before the engine.", "s",
            percentiles(names.ENGINE_FIRST),
        ),
    ),
    "Engine": (
        Panel(
            "Tokens", f"{names.OUT.help} {names.IN.help}", "short",
            (
                *by_instance(names.rate(names.OUT, CHOSEN, WINDOW), " out"),
                *by_instance(names.rate(names.IN, CHOSEN, WINDOW), " in"),
            ),
        ),
        Panel(
            "KV pool and cache hits", f"{names.POOL.help} {names.CACHED.help}", "percentunit",
            (
                *by_instance(names.highest(names.POOL, CHOSEN), " pool"),
                *by_instance(names.highest(names.CACHED, CHOSEN), " cache hits"),
            ),
        ),
        Panel(
            "Speculation", names.ACCEPTED.help, "short",
            by_instance(names.highest(names.ACCEPTED, CHOSEN)),
        ),
        Panel(
            "Retracted", names.RETRACTED.help, "short",
            by_instance(names.each(names.RETRACTED, CHOSEN)),
        ),
    ),
    "Start and traffic": (
        Panel(
            "Stages of the last start", ours.STAGES.help, "s",
            (("{{stage}}", f"max by (stage) ({ours.STAGES.name}{CHOSEN})"),), "bargauge",
        ),
        Panel(
            "Bytes of answers", ours.BYTES.help, "Bps",
            by_instance(names.rate(ours.BYTES, CHOSEN, WINDOW)),
        ),
        Panel(
            "Connections", f"{ours.CONNECTIONS.help} {ours.CONNECTIONS_REFUSED.help}", "short",
            (
                *by_instance(f"{ours.CONNECTIONS.name}{CHOSEN}", " open"),
                *by_instance(
                    names.rate(ours.CONNECTIONS_REFUSED, CHOSEN, WINDOW), " refused a second"
                ),
            ),
        ),
    ),
}  # fmt: skip


def dashboard() -> str:
    """Write the dashboard."""
    return json.dumps(_dashboard(), indent=2) + "\n"


def _dashboard() -> dict[str, Any]:
    return {
        "uid": "deployer-endpoint",
        "title": "deployer: endpoints",
        "description": "One or many endpoints that deployer serves: what their doors and engines "
        "tell.",
        "tags": ["deployer", "sglang"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "utc",
        "annotations": {"list": []},
        "templating": {"list": _variables()},
        "panels": _panels(),
    }


def _variables() -> list[dict[str, Any]]:
    source = {"name": "source", "label": "Source", "type": "datasource", "query": "prometheus"}
    chosen = [
        ("job", "Job", f"label_values({ours.READY.name}, job)"),
        ("instance", "Server", f'label_values({ours.READY.name}{{job=~"$job"}}, instance)'),
    ]
    return [
        source,
        *(
            {
                "name": name,
                "label": label,
                "type": "query",
                "datasource": SOURCE,
                "definition": query,
                "query": {"query": query, "refId": name},
                "refresh": 2,
                "includeAll": True,
                "allValue": ".*",
                "multi": True,
                "current": {"text": "All", "value": "$__all"},
            }
            for name, label, query in chosen
        ),
    ]


def _panels() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in ROWS.items():
        place = {"h": 1, "w": ACROSS, "x": 0, "y": top}
        panels.append(
            {"id": len(panels) + 1, "type": "row", "title": title, "collapsed": False,
             "gridPos": place, "panels": []}
        )  # fmt: skip
        top += 1
        width = WIDTH if len(row) * WIDTH <= ACROSS else ACROSS // len(row)
        for at, panel in enumerate(row):
            place = {"h": HEIGHT, "w": width, "x": at * width, "y": top}
            panels.append({"id": len(panels) + 1, "gridPos": place, **_panel(panel)})
        top += HEIGHT
    return panels


def _panel(panel: Panel) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + at),
                "datasource": SOURCE,
                "editorMode": "code",
                "expr": expression,
                "legendFormat": legend,
            }
            for at, (legend, expression) in enumerate(panel.lines)
        ],
    }
    if panel.kind != "timeseries":
        shown["options"] = {"reduceOptions": {"calcs": ["lastNotNull"], "values": False}}
    return shown
