"""`deployer cost`: what it says, to the letter, and where its prices come from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from deployer.apply.modal import prices
from deployer.apply.modal.token import VARIABLES
from deployer.cli.main import main
from deployer.errors import Failure
from deployer.facts.prices import SHIPPED, Prices

PROFILE = "profiles/b200-fp8-eagle.yaml"
DEAR = replace(
    SHIPPED,
    date="2026-11-26",
    source="modal billing rates",
    gpus=tuple(replace(one, dollars=2 * one.dollars) for one in SHIPPED.gpus),
)


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str) -> Ran:
        code = main(["cost", *words])
        return Ran(code, *capsys.readouterr())

    return call


def changed(tmp_path: Path, *edits: tuple[str, str]) -> str:
    text = Path(PROFILE).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "profile.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


HEAD = (
    "b200-fp8-eagle (GPU, CPU and memory prices of modal.com/pricing, June 2026; regions and more "
    "use cost extra)\n"
)
TEXT = """\
  serving     $50.91 an hour a container (8 x B200, 11 cores, 49 GiB); at most 3 containers: $152.72
              an hour
  idle tail   $12.73 for the 15 min from a container's last request until it stops
  cold start  14.8 min to 85 min, $12.58 to $72.12
              loading 704.2 GiB takes 14.8 to 36 min at 0.85 to 0.35 GB/s (modal-projects/stitch#54,
              of reading by pages under gVisor); how long the container, imports, kernels, CUDA
              graphs and warm-up take on Modal is not published (71 to 292 s of a small model on an
              H200 elsewhere, with kernels and without); Modal gives it up after the budget of 85
              min
  kept up     modal.min_containers is 0: without traffic no container runs, and whoever comes first
              waits for a start
  storage     at most $63.38 a month: each commit of the weights is another 704.2 GiB; a workspace's
              first 1,024 GiB are free, then $0.09 a GiB and month

A month of traffic each day, in one stretch
                no traffic      1 busy  all 3 busy
  1 h a day             $0      $1,936      $5,807
  8 h a day             $0     $12,775     $38,324
  24 h a day            $0     $37,162    $111,487
              730 hours a month, with the idle tail after each stretch
              without cold starts: one a day adds $383 to $2,194 a month a container

Once
  download    at most 2 h, at most $3.56: downloads 704.2 GiB on 4 containers of 4 cores with 32
              GiB; a try ends after 2 h, and the next one goes on from there
  compile     14.8 min to 2 h, $12.58 to $101.81: loads the weights and compiles on all GPUs; one
              user reports 12 to 15 min for the kernels alone; it is ended after 2 h
"""


def test_the_text_to_the_letter(run: Run) -> None:
    assert run(PROFILE) == (0, HEAD + TEXT, "")


def test_the_hours_that_are_asked_for_are_the_only_row(run: Run) -> None:
    written = run(PROFILE, "--hours", "2.5").out

    assert "  2.5 h a day           $0      $4,258     $12,775\n" in written
    assert written.count("h a day") == 1


@pytest.mark.parametrize("hours", ["0", "25", "-1", "many"])
def test_a_day_has_hours(run: Run, hours: str) -> None:
    ran = run(PROFILE, "--hours", hours)

    assert (ran.code, ran.out) == (2, "")


def test_what_is_kept_up_is_made_visible(run: Run, tmp_path: Path) -> None:
    path = changed(tmp_path, ("min_containers: 0", "min_containers: 2"))
    written = run(path).out

    said = "modal.min_containers is 2: $2,443.54 a day, $74,324 a month, also without traffic"
    assert f"  kept up     {said}\n" in written
    assert "  1 h a day        $74,324     $74,324     $76,260\n" in written


def test_one_container_at_most_needs_no_third_column(run: Run, tmp_path: Path) -> None:
    written = run(changed(tmp_path, ("max_containers: 3", "max_containers: 1"))).out

    assert "                no traffic      1 busy\n" in written
    assert "  24 h a day            $0     $37,162\n" in written
    assert "at most 1 container: $50.91 an hour" in " ".join(written.split())


def test_a_gpu_without_a_price_is_said_and_the_rest_stays(run: Run, tmp_path: Path) -> None:
    ran = run(changed(tmp_path, ("gpu: B200", "gpu: B300")))

    assert ran.code == 0
    assert "serving     8 x B300 a container, at most 3 containers\n" in ran.out
    assert "cold start  14.8 min to 85 min\n" in ran.out
    assert "Not in the figures\n              the price of B300 is not in the table\n" in ran.out
    assert "storage     at most $63.38 a month" in ran.out
    assert "download    at most 2 h, at most $3.56" in ran.out
    assert "A month" not in ran.out


def test_a_local_profile_costs_nothing(run: Run) -> None:
    said = "cpu-tiny: runs on this machine, so nothing is paid to anybody.\n"

    assert run("profiles/cpu-tiny.yaml") == (0, said, "")
    value = json.loads(run("profiles/cpu-tiny.yaml", "--format", "json").out)
    assert value == {"format_version": 1, "name": "cpu-tiny", "target": "local", "cost": None}


def test_the_json_says_what_the_text_says(run: Run) -> None:
    value = json.loads(run(PROFILE, "--format", "json").out)

    assert value["format_version"] == 1
    assert [round(month["one"]) for month in value["months"]] == [1936, 12775, 37162]
    assert value["cost"]["most_hourly"] == pytest.approx(152.72, abs=0.01)
    assert value["cost"]["start"]["dollars_at_most"] == pytest.approx(72.12, abs=0.01)
    assert value["kernels"]["dollars_at_most"] == pytest.approx(101.81, abs=0.01)
    assert value["weights"]["dollars_at_most"] == pytest.approx(3.555, abs=0.001)
    assert (value["prices"]["date"], value["prices"]["source"]) == ("June 2026", SHIPPED.source)


def test_rates_are_refreshed_when_asked_for_and_named_with_their_date(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refresh() -> Prices:
        monkeypatch.setattr(prices, "known", lambda **_: DEAR)
        return DEAR

    monkeypatch.setattr(prices, "refresh", refresh)

    assert "$50.91 an hour a container" in run(PROFILE).out
    written = run(PROFILE, "--refresh-prices").out
    assert "memory prices of modal billing rates, 2026-11-26" in written
    assert "$100.90 an hour a container" in written


def test_rates_without_a_token_were_not_asked_for(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MODAL_CONFIG_PATH", str(tmp_path / "none.toml"))

    ran = run(PROFILE, "--refresh-prices", "--format", "json")
    assert ran.code == 1
    assert json.loads(ran.out)["error"]["state"] == "not-asked"
    assert "error: there is no Modal token on this machine" in ran.err


def test_rates_that_cannot_be_had_are_an_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refresh() -> Prices:
        message = "There is no Modal token here."
        raise Failure(message)

    monkeypatch.setattr(prices, "refresh", refresh)

    ran = run(PROFILE, "--refresh-prices")
    assert (ran.code, ran.out) == (1, "")
    assert "There is no Modal token here." in ran.err
