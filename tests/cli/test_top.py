"""`deployer top`: one look, what it says of what is not told, and what cannot be looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.apply.target import Reached
from deployer.cli import reaching
from deployer.cli.main import main
from deployer.cli.reading import read_release
from deployer.exposition import read
from deployer.observe.reading import Look
from deployer.observe.snapshot import Snapshot, Spread, snapshot
from deployer.report.top import Seen, lines
from deployer.verify.endpoint import Endpoint
from tests.engine.releases import release
from tests.verify.fake_engine import KEY, Behaviour, FakeEngine, running

pytestmark = pytest.mark.process

ENGINE = Path("tests/data/metrics/sglang-0.5.23.txt").read_text()
TEXT = "text/plain; version=0.0.4"


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour(raw={"/metrics": (200, TEXT, ENGINE)})


@pytest.fixture
def engine(behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    with running(behaviour) as engine:
        endpoint = Endpoint(engine.url, KEY, metrics=True)
        found = Reached(endpoint, replace(release(), name="demo"), lambda _: "")
        monkeypatch.setattr(reaching, "reach", lambda *_: found)
        yield engine


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["top", "demo", "--every", "0.2", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_without_a_terminal_it_shows_one_moment(
    engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capsys)

    assert (code, err) == (0, "")
    assert out.startswith(f"demo  {engine.url}  answers\n")
    assert (
        "  requests         0 run, 0 wait in the engine, not told at the door, 0.0/s end\n" in out
    )
    assert "  KV pool          0.0% of 16,384 tokens, " in out
    assert "\n  speculation      not told\n" in out


def test_of_several_shapes_no_price_is_shown(
    engine: FakeEngine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = Endpoint(engine.url, KEY, metrics=True)
    for name, shown in (("b200-or-h200", "not known: which of"), ("h200-fallback", "$")):
        found = Reached(endpoint, read_release(f"profiles/{name}.yaml"), lambda _: "")
        monkeypatch.setattr(reaching, "reach", lambda *_, found=found: found)
        code, out, _ = call(capsys)
        assert (code, f"  cost             {shown}" in out) == (0, True)


def test_json_has_null_for_what_is_not_told(
    engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _err = call(capsys, "--format", "json")
    told = json.loads(out)

    assert code == 0
    assert (told["format_version"], told["name"], told["url"]) == (1, "demo", engine.url)
    assert told["told"]["kv_tokens"] == 16384
    assert told["told"]["accept_length"] is None
    assert told["dollars"] is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            (404, "text/plain", "no"),
            "/metrics answered with status 404\n  `observability.metrics: true` in its profile",
        ),
        (
            (503, "application/json", "{}"),
            "/metrics answered with status 503\n  It is starting or ending; `deployer status`",
        ),
        ((307, "text/plain", ""), "/metrics answered with status 307"),
        ((200, "text/html", "<html>"), "/metrics holds no metrics: line 1 is no sample"),
        ((200, TEXT, ""), "/metrics tells nothing that is looked for: what answers is no engine"),
        ((200, TEXT, "go_goroutines 7\n"), "/metrics tells nothing that is looked for"),
    ],
)
def test_what_is_no_metrics_is_said(
    engine: FakeEngine,
    behaviour: Behaviour,
    answer: tuple[int, str, str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    behaviour.raw["/metrics"] = answer
    code, out, err = call(capsys)

    assert (code, out) == (1, "")
    assert f"{engine.url}{said}" in err


def test_who_tells_nan_tells_nothing(
    engine: FakeEngine, behaviour: Behaviour, capsys: pytest.CaptureFixture[str]
) -> None:
    told = (
        "sglang:num_running_reqs 3\nsglang:num_queue_reqs +Inf\nsglang:token_usage NaN\n"
        "sglang:generation_tokens_total NaN\nsglang:e2e_request_latency_seconds_bucket"
        '{le="+Inf"} NaN\n'
    )
    behaviour.raw["/metrics"] = (200, TEXT, told)
    code, out, _ = call(capsys, "--format", "json")
    assert code == 0
    assert {name for name, value in json.loads(out)["told"].items() if value is not None} == {
        "window", "running",
    }  # fmt: skip
    assert call(capsys)[1].startswith(f"demo  {engine.url}  answers\n")


def test_a_share_that_is_not_told_is_said_after_its_name() -> None:
    assert "  KV pool          50.0% of 100 tokens, cache hits not told" in lines(
        seen(kv_use=0.5, kv_tokens=100.0)
    )


def test_an_endpoint_without_metrics_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Reached(
        Endpoint("http://127.0.0.1:9", KEY), replace(release(), name="demo"), lambda _: ""
    )
    monkeypatch.setattr(reaching, "reach", lambda *_: found)
    code, _out, err = call(capsys)

    assert code == 2
    assert "`demo` tells no metrics" in err
    assert "`observability.metrics: true` in its profile turns them on" in err


def seen(**told: object) -> Seen:
    nothing = snapshot(Look(0, read("a 1\n")))
    changed: Snapshot = replace(nothing, **told)  # type: ignore[arg-type]
    return Seen("demo", "https://demo.modal.run", 7200.0, changed, 4.0)


@pytest.mark.parametrize(
    ("shown", "line"),
    [
        (seen(ready=1.0), "demo  https://demo.modal.run  ready"),
        (seen(ready=0.0), "demo  https://demo.modal.run  not ready"),
        (seen(ready=1.0, hang=1.0), "demo  https://demo.modal.run  a hang is suspected"),
        (seen(window=2.04), "  latencies        in the last 2.0 s, p50 / p90 / p99"),
        (seen(), "  latencies        since it began, p50 / p90 / p99"),
        (seen(first_token=Spread(0.0214, 0.3, 2.5)), "    first token    21 ms / 300 ms / 2.50 s"),
        (seen(accept_length=2.345), "  speculation      2.35 tokens a step"),
        (seen(started=3600.0), "  cost             $4.00 in 1.0 h, at $4.00 an hour"),
        (seen(), "  cost             $4.00 an hour; since when is not told"),
        (replace(seen(), hourly=None), "  cost             no price is known for it"),
        (replace(seen(), hourly=None, here=True), "  cost             of this machine"),
        (
            replace(seen(), hourly=None, several="8 x B200, else 8 x H200"),
            "  cost             not known: which of 8 x B200, else 8 x H200 answers was not told",
        ),
        (  # the near end of a tunnel
            replace(seen(), hourly=None, url="http://127.0.0.1:8000"),
            "  cost             no price is known for it",
        ),
    ],
)
def test_what_is_shown(shown: Seen, line: str) -> None:
    assert line in lines(shown)
