"""The alerts: when somebody should look, what it means and what to do, as Prometheus' rules."""

from __future__ import annotations

from dataclasses import dataclass

from deployer import metrics as ours
from tools.observability import names

CRITICAL, WARNING = "critical", "warning"


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule: its expression, for how long it holds, how bad it is, what it says, what to do."""

    name: str
    expression: str
    holds: str
    severity: str
    says: str
    do: str


FIRST_TOKEN = names.quantile(0.95, ours.FIRST, "", "10m", "instance, le")
REFUSED = names.rate(ours.REFUSALS, '{code="not_ready"}', "10m")
ASKED = names.rate(ours.REQUESTS, '{route!~"/health|/metrics"}', "10m")
SLOW_SECONDS = 10
FULL = 0.97
LOST = 1.2

ALERTS = (
    Alert(
        "DeployerUnreachable", 'up{job="deployer"} == 0', "5m", CRITICAL,
        "Nobody answers there, or not with metrics.",
        "`deployer status` says how it stands.",
    ),
    Alert(
        "DeployerNotReady", f"{ours.READY.name} == 0", "15m", CRITICAL,
        "It has been up for 15 minutes and lets no request through.",
        "`deployer timeline NAME` shows what its start is at, `deployer diagnose NAME` what its "
        "engine died of.",
    ),
    Alert(
        "DeployerHangSuspected", f"{ours.HANG.name} == 1", "1m", CRITICAL,
        "The engine has requests and yields nothing.",
        "`deployer logs NAME` says since when; a server that restarts does so by itself.",
    ),
    Alert(
        "DeployerEngineRestarts", f"increase({ours.RESTARTS.name}[1h]) > 2", "0m", CRITICAL,
        "The engine was started again three times within an hour.",
        "`deployer diagnose NAME` names the first cause of each end.",
    ),
    Alert(
        "DeployerAnswersBreakOff",
        f'sum by (instance) (increase({ours.CUTS.name}{{by="engine"}}[15m])) > 0', "0m", WARNING,
        "Answers end before they are complete, and not because of a stop.",
        "`deployer diagnose NAME`: an engine that ends takes its answers with it.",
    ),
    Alert(
        "DeployerRefusals", f"{REFUSED} / {ASKED} > 0.05", "10m", WARNING,
        "More than one request in twenty finds a server that is starting, ending or failed.",
        "`deployer status` shows how it stands; clients should ask again, as `Retry-After` says.",
    ),
    Alert(
        "DeployerConnectionsRefused",
        f"increase({ours.CONNECTIONS_REFUSED.name}[15m]) > 0", "0m", WARNING,
        "More clients came at a time than the door takes connections.",
        "More containers, or clients that keep their connections and use them again.",
    ),
    Alert(
        "DeployerSlowFirstToken",
        f"{FIRST_TOKEN} > {SLOW_SECONDS}", "10m", WARNING,
        f"One stream in twenty waits longer than {SLOW_SECONDS} s for its first token.",
        "The queue, or long prompts: the dashboard's row of latencies beside that of requests.",
    ),
    Alert(
        "DeployerQueueGrows",
        f"{names.each(names.QUEUED, '')} > {names.each(names.RUNNING, '')}", "10m", WARNING,
        "More requests wait than run.",
        "`schedule.max_running_requests` if the KV pool has room, or more containers.",
    ),
    Alert(
        "DeployerPoolFull", f"{names.highest(names.POOL, '')} > {FULL}", "10m", WARNING,
        "The KV pool is full, so that requests wait or lose their place in it.",
        "`deployer fit PROFILE` says what fits; a smaller context, FP8 for the KV cache, or more "
        "GPUs.",
    ),
    Alert(
        "DeployerSpeculationDoesNotPay",
        f"{names.highest(names.ACCEPTED, ' > 0')} < {LOST}", "30m", WARNING,
        f"A step of speculation yields fewer than {LOST} tokens, and costs more than one.",
        "The draft does not fit the model or the traffic: measure without `speculative`.",
    ),
)  # fmt: skip


def alerts() -> str:
    """Write the file of rules."""
    lines = [
        "# Written by `make generated` from tools/observability/alerts.py.",
        "groups:",
        "  - name: deployer",
        "    rules:",
    ]
    for alert in ALERTS:
        lines += [
            f"      - alert: {alert.name}",
            f"        expr: {_quoted(alert.expression)}",
            f"        for: {alert.holds}",
            "        labels:",
            f"          severity: {alert.severity}",
            "        annotations:",
            f"          summary: {_quoted(alert.says)}",
            f"          description: {_quoted(alert.do)}",
        ]
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
