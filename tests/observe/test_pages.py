"""The dashboard and the alerts: every name is one that is told, by the kind that it has.

``promtool`` judges them, too, where it is installed (Debian's package ``prometheus``).
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployer.metrics import COUNTER, HISTOGRAM, METRICS
from tools.observability.alerts import ALERTS, alerts
from tools.observability.dashboard import dashboard
from tools.observability.names import ENGINE

TOLD = {metric.name: metric for metric in (*METRICS, *ENGINE)}
PANELS = json.loads(dashboard())["panels"]
LINES = [
    target["expr"] for panel in PANELS if panel["type"] != "row" for target in panel["targets"]
]
EXPRESSIONS = [*LINES, *(alert.expression for alert in ALERTS)]
WORDS = {
    "sum", "max", "by", "without", "rate", "increase", "histogram_quantile",
    "le", "instance", "code", "route", "status", "stage", "tp_rank", "pp_rank", "moe_ep_rank",
    "pid", "up",
}  # fmt: skip
SAID = re.compile(r"(?P<of>(?:rate|increase)\()?(?<![\w:$])(?P<name>[a-zA-Z_][\w:]*)")
PARTS = re.compile(r"_(bucket|sum|count)$")


def unlabelled(expression: str) -> str:
    return re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", expression)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_are_about_what_is_told(expression: str) -> None:
    text = re.sub(r"\b(rate|increase)\((?=\w)", r"\1(", unlabelled(expression))
    wrong = []
    for found in SAID.finditer(text):
        name = found["name"]
        if name in WORDS:
            continue
        metric = TOLD.get(name) or TOLD[PARTS.sub("", name)]
        of_a_part = metric.kind == HISTOGRAM
        counts = metric.kind in {COUNTER, HISTOGRAM}
        if of_a_part != (name != metric.name) or bool(found["of"]) != counts:
            wrong.append(name)

    assert wrong == []


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_labels_are_those_of_the_name(expression: str) -> None:
    strange = set()
    for name, chosen in re.findall(r"([\w:]+)\{([^}]*)\}", expression):
        metric = TOLD.get(name) or TOLD.get(PARTS.sub("", name))
        labels = set(re.findall(r"(\w+)=~?\"", chosen))
        strange |= labels - {"job", "instance", *(metric.labels if metric else ())}

    assert strange == set()


def test_every_name_of_ours_is_shown() -> None:
    shown = " ".join(EXPRESSIONS)
    left = [metric.name for metric in METRICS if metric.name not in shown]

    assert left == ["deployer_info", "deployer_draining", "deployer_start_timestamp_seconds",
                    "deployer_door_restarts_total",
                    "deployer_trace_spans_dropped_total"]  # fmt: skip


def test_the_engine_tells_what_is_shown_of_it() -> None:
    text = Path("tests/data/metrics/sglang-0.5.23.txt").read_text()

    assert ENGINE
    for metric in ENGINE:
        assert f"# TYPE {metric.name} {metric.kind}\n" in text


def test_panels_do_not_lie_over_one_another() -> None:
    def covers(panel: dict[str, Any]) -> set[tuple[int, int]]:
        place = panel["gridPos"]
        return {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }

    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in PANELS)
    assert not any(covers(a) & covers(b) for a, b in combinations(PANELS, 2))


def test_the_rules_are_yaml() -> None:
    [group] = yaml.safe_load(alerts())["groups"]

    assert [rule["alert"] for rule in group["rules"]] == [alert.name for alert in ALERTS]
    assert [rule["expr"] for rule in group["rules"]] == [alert.expression for alert in ALERTS]


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", "docs/observability/alerts.yaml"),
        ("test", "rules", "tests/data/metrics/alerts_test.yaml"),
    ],
)
def test_promtool_has_nothing_against_it(words: tuple[str, ...]) -> None:
    said = subprocess.run(["promtool", *words], check=False, capture_output=True, text=True)

    assert said.returncode == 0, said.stdout + said.stderr
