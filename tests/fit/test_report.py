"""What fits, to the letter: a table, a bar for one GPU, and JSON."""

from __future__ import annotations

import json

from deployer.cli.reading import read_release
from deployer.fit.fit import fit
from deployer.report.fit import text, to_json
from tests.fit.test_fit import B200, H200, found, stated

RECIPE = read_release("tests/data/recipe.yaml")

SHIPPED = """\
b200-fp8-eagle: zai-org/GLM-5.1-FP8 on B200, SGLang 0.5.10.post1

  GPU memory         179.1 GiB, of which about 2.5 before loading
  weights            88.8 GiB
                     and 0.5 GiB of second copies for latent attention
  drafting           2.5 GiB, taken when the pool has its size
  KV pool            60.7 GiB, 650,880 tokens (BF16, 100,152 bytes a token)
  for each request   13,560 tokens, with 48 running
  longest request    202,752 tokens
  full context       202,752 tokens fits 3.2 times
  fraction           0.85 (stated)
  engine's own       0.83 (the rule since 0.5.10, which keeps 30.5 GiB free)
  left for the rest  24.0 GiB for graphs and activations

"""


def test_a_shipped_profile() -> None:
    shown = text("b200-fp8-eagle", found(B200))

    assert shown.startswith(SHIPPED)
    assert "The engine's own rule would keep 6.5 GiB more for graphs." in shown
    assert "here within about 3 %" in shown


def test_the_bar_is_one_gpu() -> None:
    for release in (B200, H200, RECIPE):
        bar = next(line for line in text("a", found(release)).splitlines() if "[" in line)
        drawn = bar[bar.index("[") + 1 : bar.index("]")]

        assert len(drawn) == 60
        assert drawn == "".join(sorted(drawn, key="-WKG.".index))
        assert 29 <= drawn.count("W") <= 39


def test_a_capped_pool_says_what_there_is_room_for() -> None:
    shown = text("recipe", found(RECIPE))

    assert "KV pool            3.4 GiB, 65,536 tokens (FP8, 55,224 bytes a token)" in shown
    assert "capped: there is room for about 1,283,456" in shown
    assert "for each request   1,365 tokens, with 48 running" in shown
    assert "202,752 tokens does not fit once" in shown


def test_weights_that_do_not_fit() -> None:
    shown = text("a", found(H200, gpu="H100"))

    assert "KV pool            none: 23.8 GiB are missing" in shown
    assert "The weights need 88.8 GiB of 77.1." in shown


def test_a_fraction_that_the_engine_chooses() -> None:
    shown = text("a", found(stated(B200, mem_fraction_static="", max_running_requests="")))

    assert "fraction           0.83 (the engine chooses it)" in shown
    assert "not known: schedule.max_running_requests is not stated" in shown


def test_what_a_program_reads() -> None:
    answer = fit(B200)
    read = json.loads(to_json("b200-fp8-eagle", answer))  # type: ignore[arg-type]

    assert read["gib"]["weights"] == 88.84
    assert read["gib"]["kv_pool"] == 60.71
    assert read["tokens"]["pool"] == read["tokens"]["capacity"] == 650_880
    assert read["tokens"]["per_running_request"] == 13_560
    assert read["tokens"]["one_context_fits"] is True
    assert read["mem_fraction_static"] == {
        "used": 0.85,
        "stated": True,
        "engine_would_choose": 0.83,
        "rule_of": "0.5.10",
    }
    assert read["error_percent"] == 3
