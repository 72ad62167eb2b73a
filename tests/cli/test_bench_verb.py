"""`deployer bench`: what is asked for, and what is said where nothing can be measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from deployer.cli.bench_verb import SWEEP, _enough, _grid, _numbers
from deployer.cli.benching import (
    ELSEWHERE,
    Asked,
    _shape,
    _with_prediction,
    bounds_of,
    objectives_of,
    of_release,
    subject_of,
)
from deployer.cli.main import main
from deployer.cli.reading import read_release
from deployer.errors import Failure, UsageError
from deployer.measure.load import Bounds, Load
from deployer.measure.run import Expected
from deployer.measure.trace import requests_in
from deployer.predict.question import Workload
from deployer.release import Release
from deployer.verify.endpoint import Endpoint
from tests.measure.made import LOAD, point, run

ONE = Load(inputs=10, outputs=5, requests=0, seed=1)


@pytest.mark.parametrize(
    ("concurrency", "rate", "found"),
    [
        (None, None, [(1, None), (4, None), (16, None)]),
        ("2,8", None, [(2, None), (8, None)]),
        (None, "0.5,2", [(None, 0.5), (None, 2.0)]),
        ("4", "1,2", [(4, 1.0), (4, 2.0)]),
    ],
)
def test_loads_are_every_rate_at_every_concurrency(
    concurrency: str | None, rate: str | None, found: list[tuple[int | None, float | None]]
) -> None:
    loads = list(_grid(ONE, concurrency, rate))
    assert [(load.concurrency, load.rate) for load in loads] == found
    assert all(load.label for load in loads)


@pytest.mark.parametrize("given", ["0", "-1", "a", "1,,2", "1.5", "inf", "nan"])
def test_what_is_no_list_of_numbers_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="no list of numbers above 0") as found:
        _numbers(given, "--concurrency", whole=True)
    assert SWEEP in found.value.hint


@pytest.mark.parametrize("given", ["0", "-0.5", "inf", "nan", "1,nan"])
def test_what_is_no_rate_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="no list of numbers above 0"):
        _numbers(given, "--rate", whole=False)


def test_every_group_has_its_share_of_the_requests() -> None:
    grouped = Load(inputs=10, outputs=5, requests=0, seed=1, concurrency=1, prefix=9, groups=7)
    assert _enough(grouped, None) == 84
    assert _enough(grouped, 7) == 7
    assert _enough(ONE, 3) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "there is nothing to measure"),
        (["--url", "http://127.0.0.1:9", "--input", "0"], "0 is not in the range"),
        (["--url", "ftp://host"], "not the URL of an endpoint"),
        (["--url", "http://127.0.0.1:9", "--ttft", "nan"], "nan is not a finite number"),
        (["--url", "http://127.0.0.1:9", "--e2e", "0"], "0.0 is not in the range"),
    ],
)
def test_wrong_usage_is_told(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *words]) == 2
    assert said in capsys.readouterr().err


def test_without_the_engine_it_says_what_installs_the_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEPLOYER_ENGINE_HOME", str(tmp_path))
    assert main(["bench", "--url", "http://127.0.0.1:9"]) == 1
    said = capsys.readouterr().err
    assert "driven by SGLang's own benchmark, which is not installed here" in said
    assert "deployer engine install 0.5.23" in said


def predicted(release: Release, workload: Workload, prices: object) -> SimpleNamespace:
    del release, prices
    figures = (SimpleNamespace(predicted=float(value)) for value in (80, 9, workload.concurrency))
    first, each, rate = figures
    return SimpleNamespace(first_token=first, each_token=each, throughput=rate)


def test_what_was_measured_is_predicted_where_a_predictor_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = read_release("profiles/h200-fallback.yaml")
    measured = run(point(), point(load=replace(LOAD, concurrency=None, rate=2.0)))
    monkeypatch.setattr("deployer.predict.predict.predict", predicted)
    found = _with_prediction(measured, release)
    assert found.expected == (Expected(4, 80.0, 9.0, 4.0),)
    assert _with_prediction(measured, read_release("profiles/cpu-tiny.yaml")) == measured
    assert _with_prediction(measured, None) == measured


def test_what_one_shape_of_several_would_do_is_not_said_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("deployer.predict.predict.predict", predicted)
    release = read_release("profiles/b200-or-h200.yaml")
    found = _with_prediction(run(), release)
    assert (found.expected, found.unexpected.partition(";")[0]) == (
        (),
        "not predicted: which of 8 x B200, else 8 x H200 took how much of the load is not known",
    )
    subject = of_release(release, Endpoint("https://a.modal.run", None))
    assert (subject.hardware, subject.hourly) == ("8 x B200, else 8 x H200", None)
    alone = of_release(read_release("profiles/h200-fallback.yaml"), subject.endpoint)
    assert alone.hardware == "8 x H200"
    assert alone.hourly is not None


def test_an_address_beside_a_profile_is_nothing_of_that_profile() -> None:
    given = Asked("profiles/h200-fallback.yaml", "https://a.example", None, None, None)
    subject, release = subject_of(given)
    assert release is None
    assert (subject.name, subject.digest, subject.engine, subject.image, subject.hardware) == (
        ELSEWHERE, "", "", "", "",
    )  # fmt: skip
    assert subject.hourly is None


def test_who_does_not_tell_its_shape_is_of_none_that_is_known() -> None:
    endpoint = Endpoint("https://127.0.0.1:9", None)
    said = _shape(read_release("profiles/b200-or-h200.yaml"), endpoint)
    assert said.startswith("a shape that is not known (the server did not tell its release: ")
    assert _shape(read_release("profiles/h200-fallback.yaml"), endpoint) == ""


def test_why_nothing_is_predicted_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        message = "it is not installed here"
        raise Failure(message)

    monkeypatch.setattr("deployer.predict.predict.predict", refused)
    found = _with_prediction(run(), read_release("profiles/h200-fallback.yaml"))
    assert (found.expected, found.unexpected) == ((), "not predicted: it is not installed here")


def test_a_good_request_stays_within_what_the_profile_promises(tmp_path: Path) -> None:
    text = Path("profiles/cpu-tiny.yaml").read_text(encoding="utf-8")
    file = tmp_path / "cpu-tiny.yaml"
    file.write_text(f"{text}objectives:\n  ttft_p95: 0.5\n  accuracy_min: 0.9\n", encoding="utf-8")
    stated = objectives_of(str(file))
    assert stated is not None
    assert bounds_of(stated) == Bounds(first_token=500)
    assert not bounds_of(None)
    assert objectives_of("cpu-tiny") is None
    assert objectives_of("profiles/cpu-tiny.yaml") is None


ASKED = '{"messages": [{"role": "user", "content": "canary-of-a-user"}], "max_tokens": 4}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "t.jsonl holds no request"),
        ("\n \n", "t.jsonl holds no request"),
        (f"{ASKED}canary-of-a-user\n", "t.jsonl:2: this is no JSON"),
        (ASKED + '["canary-of-a-user"]\n', "t.jsonl:2: this is no chat request"),
        ('{"prompt": "canary-of-a-user"}\n', "t.jsonl:1: this is no chat request"),
        ('{"messages": []}\n', "t.jsonl:1: this is no chat request"),
        ("\xff\n", "t.jsonl:1: this is no JSON"),
    ],
)
def test_a_trace_that_cannot_be_sent_is_refused_before_anybody_is_asked(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "t.jsonl"
    file.write_text(text, encoding="latin-1")
    assert main(["bench", "--url", "http://127.0.0.1:9", "--trace", str(file)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "canary-of-a-user" not in err


def test_of_a_trace_as_many_are_sent_as_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    file.write_text(f"{ASKED}\n{ASKED}{ASKED}", encoding="utf-8")
    traced = replace(ONE, trace=str(file), concurrency=4)
    assert requests_in(str(file)) == 3
    assert [_enough(traced, asked, 3) for asked in (None, 2, 3)] == [3, 2, 3]
    assert _enough(traced, None, 500) == 80
    with pytest.raises(UsageError, match=r"--requests 4: .*t\.jsonl holds 3"):
        _enough(traced, 4, 3)


@pytest.mark.parametrize(("page", "code"), [("nosuch/run.html", 1), ("link.html", 2), (".", 2)])
def test_where_no_page_can_be_written_nothing_is_measured(
    page: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "link.html").symlink_to(tmp_path / "elsewhere.html")
    place = str(tmp_path / page)
    assert main(["bench", "--url", "http://127.0.0.1:9", "--html", place]) == code
    err = capsys.readouterr().err
    assert place.removesuffix("/.") in err
    assert "127.0.0.1" not in err
