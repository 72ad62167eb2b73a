"""A run of loads: as text, as JSON, and as a page that needs nothing beside itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.measure.load import Bounds
from deployer.measure.reading import Told
from deployer.measure.run import Expected
from deployer.report.bench import text, to_json
from deployer.report.bench_page import html
from deployer.report.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Mark, Series, svg, ticks
from tests.measure.made import LOAD, point, run

WIDER = replace(LOAD, concurrency=16)
NOW = run(
    point(bounds=Bounds(first_token=200), told=Told(2.5, 0.1, 400), hourly=36.0),
    point([0.25] * 80, load=WIDER, gap=0.02),
    started=1.8e9 + 3600,
)
BEFORE = run(point([0.05] * 80), digest="fedcba9876543210")


def test_the_text_is_a_table_and_what_no_column_holds() -> None:
    assert (
        text(NOW, BEFORE)
        == """\
demo: measured by sglang.benchmark.serving 0.5.23, 2027-01-15 09:00 UTC
  served      glm-tiny, release 0123456789ab (SGLang 0.5.23, 8 x B200)
  asked       128 tokens in, 5 out
  prompts     drawn with 1 seed, from 7
  load          tokens/s  req/s  first token  between pieces   each token        whole   failed
                  output         p50  p95 ms     p50  p95 ms  p50  p95 ms  p50  p95 ms
  4 at a time      200.0  40.00     100  100      10.0  10.0   10.0  10.0   10.0  10.0  0 of 80
  16 at a time     200.0  40.00     250  250      20.0  20.0   10.0  10.0   10.0  10.0  0 of 80

  4 at a time: 100.0% within 200 ms to the first token, 40.00 a second; 2.50 tokens a step of
               speculation; 10% of the prompts' tokens were in the prefix cache; $50.00 a million
               output tokens of one container; the first token's p95 is between 100 and 100 ms (95 %
               confidence)
  16 at a time: the first token's p95 is between 250 and 250 ms (95 % confidence)
  before      2027-01-15 08:00 UTC, release fedcba987654, 4 at a time: +0.0% tokens a second, first
              token's p95 +100.0%, surely later
"""
    )


def test_too_few_requests_are_told() -> None:
    said = text(run(point([0.1] * 12)), None)
    assert "12 requests tell nothing of a 95th percentile (59 would)" in said
    assert "  100  -  " in said
    few = html(run(point([0.1] * 12)), None)
    assert few.count('<circle class="now p50"') == 3
    assert 'circle class="now p95"' not in few


def test_of_a_bound_that_too_few_tell_only_the_other_is_given() -> None:
    assert "the first token's p95 is at least 100 ms (95 %" in text(run(point([0.1] * 70)), None)


def test_a_former_run_of_another_load_is_not_compared() -> None:
    said = text(run(point(load=replace(LOAD, inputs=9))), BEFORE)
    assert "measured under other loads" in said


def test_json_holds_the_run_and_what_has_changed() -> None:
    found = json.loads(to_json(NOW, BEFORE))
    assert found["run"]["digest"] == NOW.digest
    assert found["before"] == {"digest": BEFORE.digest, "started": BEFORE.started}
    (changed,) = found["changed"]
    assert changed["first_token_p95_surely_later"] is True


def page() -> str:
    predicted = Expected(concurrency=4, first_token=80, each_token=9, throughput=210)
    return html(replace(NOW, name="demo<b>", expected=(predicted,)), BEFORE)


def test_the_page_asks_nobody_for_anything_and_runs_nothing() -> None:
    shown = page()
    assert not re.findall(r"https?:|<script|<link|<img|url\(|@import", shown)
    assert "default-src 'none'" in shown
    assert "<b>" not in shown
    assert "demo&lt;b&gt;" in shown


def test_the_page_draws_this_run_the_one_before_and_what_was_predicted() -> None:
    shown = page()
    assert shown.count("<svg") == 3
    # Two loads now, one before, each with median and 95th percentile, in three charts; the
    # prediction, which has no whole request, in two.
    assert len(re.findall(r'<circle class="now', shown)) == 12
    assert len(re.findall(r'<circle class="then', shown)) == 6
    assert len(re.findall(r'<circle class="said', shown)) == 2
    assert "4 at a time: 210 tokens a second (200 measured)" in shown
    assert ">0 of 80<" in shown


def test_a_chart_begins_at_nothing_and_its_marks_lie_within() -> None:
    drawn = svg([Series("a", "now", (Mark(10, 5, "1", "x"), Mark(20, 50, "2", "<&>")))], "x", "y")
    places = re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawn)
    assert len(places) == 2
    inside = (LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM)
    assert all(
        inside[0] <= float(x) <= inside[1] and inside[2] <= float(y) <= inside[3] for x, y in places
    )
    assert "&lt;&amp;&gt;" in drawn
    assert ticks(1000) == [0, 200, 400, 600, 800, 1000]
    assert ticks(0.07) == [0, 0.02, 0.04, 0.06]


def test_labels_do_not_lie_on_each_other_and_the_first_series_is_on_top() -> None:
    here, near, far = Mark(10, 5, "16", "a"), Mark(10.1, 5, "17", "b"), Mark(20, 5, "18", "c")
    drawn = svg([Series("a", "now", (here, far)), Series("b", "then", (near,))], "x", "y")
    assert re.findall(r'<text class="tick" x="[\d.]+" y="[\d.]+">(\d+)<', drawn) == ["16", "18"]
    assert "b, b" in drawn, "a pointer over the mark is told"
    assert drawn.index('circle class="then"') < drawn.index('circle class="now"')


@pytest.mark.process
@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_a_browser_lays_the_page_out_with_all_of_its_marks(tmp_path: Path) -> None:
    file = tmp_path / "bench.html"
    file.write_text(page(), "utf-8")
    words = ["chromium", "--headless", "--no-sandbox", "--disable-gpu"]
    shot = tmp_path / "page.png"
    words += [f"--user-data-dir={tmp_path / 'user'}", "--window-size=1200,1400"]
    said = subprocess.run(
        [*words, "--dump-dom", f"--screenshot={shot}", file.as_uri()],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert said.stdout.count("<circle") == 20, said.stderr
    assert "Content-Security-Policy" in said.stdout
