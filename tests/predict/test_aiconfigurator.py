"""The adapter: what it asks, what it makes of an answer, and the real package where it is."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import logging
import tomllib
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deployer.cli.main import main
from deployer.cli.reading import read_release
from deployer.errors import Failure
from deployer.facts.gpus import GPUS
from deployer.facts.prices import SHIPPED
from deployer.predict import aiconfigurator
from deployer.predict.aiconfigurator import SYSTEMS, VERSION, Tool, load, words
from deployer.predict.held import RUNS
from deployer.predict.predict import predict
from deployer.predict.prediction import Prediction
from deployer.predict.question import Workload, question
from deployer.report.prediction import text, to_json

PROFILE = "profiles/b200-fp8-eagle.yaml"
SHIPPED_FOR = {"B200": PROFILE, "H200": "profiles/h200-fallback.yaml"}
B200 = read_release(PROFILE)
USUAL = Workload(4000, 1000, 32)
MODELS = frozenset({"zai-org/GLM-5.1-FP8", "Qwen/Qwen3-8B"})
LOG = logging.getLogger("aiconfigurator_core.sdk.perf_database")

needs_it = pytest.mark.skipif(
    importlib.util.find_spec("aiconfigurator") is None,
    reason="the optional aiconfigurator is not installed",
)


def answering(**given: Any) -> SimpleNamespace:
    """Give what the real one answered for the shipped profile (0.12.0, B200, 4,000/1,000, 32)."""
    known = {
        "ttft": 968.8, "tpot": 29.06, "tokens_per_second": 1072.3, "concurrency": 32,
        "backend_version": "0.5.14", "raw": {"gemm": "fp8_block", "kvcache": "bfloat16"},
        "per_ops_source": {"mix": {"a": "silicon", "b": "empirical"}, "gen": {"a": "silicon"}},
        "kv_cache_warning": None,
    }  # fmt: skip
    return SimpleNamespace(**{**known, **given})


def tool(**given: Any) -> Tool:
    def estimate(**_parameters: Any) -> SimpleNamespace:
        LOG.warning("falling  back to\n/x/y/aiconfigurator_core/systems/z.parquet")
        logging.getLogger("matplotlib").warning("fonts are cached")
        warnings.warn("deprecated", DeprecationWarning, stacklevel=1)
        return answering(**given)

    return Tool("aiconfigurator 0.12.0", estimate, MODELS)


def predicted(workload: Workload = USUAL, **given: Any) -> Prediction:
    return predict(B200, workload, SHIPPED, tool(**given))


def test_the_pin_is_the_release_that_the_adapter_speaks_to() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["optional-dependencies"]["predict"] == [f"aiconfigurator=={VERSION}"]


def test_every_gpu_is_one_that_a_profile_may_name() -> None:
    assert set(SYSTEMS) <= set(GPUS)


def test_the_parameters_of_the_call() -> None:
    asked = words(question(B200, replace(USUAL, accept_length=3.5)), tool())

    assert asked == {
        "model_path": "zai-org/GLM-5.1-FP8", "system_name": "b200_sxm", "mode": "agg",
        "backend_name": "sglang", "isl": 4000, "osl": 1000, "batch_size": 32, "ctx_tokens": 4000,
        "tp_size": 8, "pp_size": 1, "attention_dp_size": 1, "moe_tp_size": 8, "moe_ep_size": 1,
        "kvcache_quant_mode": "bfloat16", "free_gpu_memory_fraction": 0.85,
        "nextn": 3, "nextn_accepted": 2.5,
    }  # fmt: skip


def test_a_gpu_without_tables_is_said() -> None:
    other = replace(B200, hardware=replace(B200.hardware, gpu="L4"))

    with pytest.raises(Failure, match="no SGLang tables for the GPU L4"):
        predict(other, USUAL, SHIPPED, tool())


@pytest.mark.parametrize(
    ("repo", "hint"),
    [("Qwen/Qwen3-9B", "it has Qwen/Qwen3-8B"), ("some/other", "it has 2 models, none of that")],
)
def test_a_model_that_it_has_no_config_of_is_said_and_not_downloaded(repo: str, hint: str) -> None:
    other = replace(B200, model=replace(B200.model, repo=repo))

    with pytest.raises(Failure, match="does not bring the config") as failed:
        predict(other, USUAL, SHIPPED, tool())
    assert hint in failed.value.hint.replace("Qwen3-9B", "")


def test_what_it_refuses_is_said_in_its_own_words() -> None:
    def estimate(**_parameters: Any) -> None:
        message = "OOM: the model\n does not fit"
        raise RuntimeError(message)

    with pytest.raises(Failure, match=r"has no answer: OOM: the model does not fit"):
        predict(B200, USUAL, SHIPPED, Tool("aiconfigurator 0.12.0", estimate, MODELS))


def test_its_warnings_become_notes_and_leave_the_terminal_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = predicted(kv_cache_warning="batch_size exceeds\n capacity")

    assert found.answer.notes == (
        "aiconfigurator: batch_size exceeds capacity",
        "aiconfigurator: falling back to systems/z.parquet",
    )
    assert capsys.readouterr() == ("", "")


def test_dollars_follow_from_tokens() -> None:
    million = predicted().million
    held = predicted(Workload(8192, 2048, 32), tokens_per_second=1016.7).million

    assert million is not None
    assert million.predicted == pytest.approx(50.907168 / 3600 / 1072.3 * 1e6)
    assert (million.at_least, million.at_most) == (None, None)
    assert held is not None
    assert held.at_least == pytest.approx(50.907168 / 3600 / 1345 * 1e6)
    assert held.at_most == pytest.approx(50.907168 / 3600 / (1016.7 * 700 / 812.1) * 1e6)
    unpriced = predict(B200, USUAL, replace(SHIPPED, gpus=()), tool())
    assert unpriced.million is None
    assert unpriced.prices is None
    here = predict(replace(B200, target="local", modal=None), USUAL, SHIPPED, tool())
    assert here.million is None


TEXT = """\
b200-fp8-eagle: predicted by aiconfigurator 0.12.0, nothing was run
  asked       4,000 tokens in, 1,000 out, 32 requests at a time
  tables      measured with SGLang 0.5.14; 2 of 3 operations are from tables, the others from
              formulas
  taken as    32 at a time, TP 8, fp8_block weights, bfloat16 KV cache, 3 drafts of which 2.5 are
              accepted
  first token 969 ms (no band)
  then a token in 29.1 ms (no band)
  together    1,072 (no band) output tokens a second of a container
  money       $13.19 (no band) a million output tokens, their input included (GPU prices of
              modal.com/pricing, June 2026)
  band        none: no published run near this was found to hold the figures against; other loads on
              these GPUs were: 1,024 in, 1,024 out, 1 at a time; 8,192 in, 2,048 out, 32 at a time;
              8,192 in, 1,024 out, 32 at a time

Notes
  - the tables are of SGLang 0.5.14, the profile pins 0.5.10.post1
  - aiconfigurator: falling back to systems/z.parquet
"""


def test_the_text_to_the_letter() -> None:
    assert text([predicted(replace(USUAL, accept_length=3.5))]) == TEXT


def test_the_json_says_what_the_text_says() -> None:
    value = json.loads(to_json([predicted()]))

    assert value["format_version"] == 1
    assert value["throughput"]["predicted"] == pytest.approx(1072.3)
    assert value["answer"]["tables"] == "0.5.14"
    assert value["throughput"]["at_least"] is None
    assert value["band"].startswith("none: no published run")


def test_the_verb_predicts_every_shape_of_a_deployment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployer.predict.predict.load", tool)
    assert main(["predict", "profiles/b200-or-h200.yaml"]) == 0
    heads = [one for one in capsys.readouterr().out.splitlines() if ": predicted by" in one]
    assert [one.partition(": ")[0] for one in heads] == [
        "b200-or-h200, on B200",
        "h200-fallback, on H200",
    ]
    assert main(["predict", "profiles/b200-or-h200.yaml", "--format", "json"]) == 0
    value = json.loads(capsys.readouterr().out)
    (other,) = value["shapes"]
    assert (value["question"]["gpu"], other["question"]["gpu"]) == ("B200", "H200")
    assert value["million"]["predicted"] > other["million"]["predicted"]


def test_without_it_the_verb_says_how_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)

    assert main(["predict", PROFILE]) == 1
    ran = capsys.readouterr()
    assert ran.out == ""
    assert "pip install aiconfigurator==0.12.0" in ran.err


def test_another_release_of_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "0.13.0")

    with pytest.raises(Failure, match=r"aiconfigurator 0\.13\.0 is installed"):
        load()


@needs_it
@pytest.mark.filterwarnings("default")
def test_the_real_one_says_what_the_published_runs_are_held_against() -> None:
    real = aiconfigurator.load()

    assert any(run.plain or run.drafted for run in RUNS)
    for run in RUNS:
        for figures, length in ((run.plain, None), (run.drafted, run.workload.accept_length)):
            if figures is None:
                continue
            asked = replace(run.workload, accept_length=length)
            found = predict(read_release(SHIPPED_FOR[run.gpu]), asked, SHIPPED, real)
            assert found.first_token.predicted == pytest.approx(figures.first_token, rel=0.001)
            assert found.each_token.predicted == pytest.approx(figures.each_token, rel=0.001)
            assert found.throughput.predicted == pytest.approx(figures.throughput, rel=0.001)
            assert found.answer.tables == "0.5.14"
            assert 0 < found.answer.measured < found.answer.operations
