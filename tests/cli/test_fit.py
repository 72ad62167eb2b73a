"""`deployer fit`: what it prints, where, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from deployer.cli.fit_verb import command
from deployer.errors import DeployerError, Failure, UsageError
from tests.shipped import shipped

PROFILE = "profiles/h200-fallback.yaml"
LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "hidden_act": "silu",
}


@pytest.fixture
def other(tmp_path: Path) -> str:
    """Give a profile of a model that nobody has published."""
    text = Path("tests/data/sane/llama-8b-l4.yaml").read_text(encoding="utf-8")
    assert "meta-llama/Llama-3.1-8B-Instruct" in text
    file = tmp_path / "other.yaml"
    file.write_text(text.replace("meta-llama/Llama-3.1-8B-Instruct", "nobody/of-that-name"))
    return str(file)


def run(*words: str) -> int:
    code = command.main(list(words), standalone_mode=False)
    assert isinstance(code, int)
    return code


def test_a_shipped_profile_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(PROFILE) == 0

    shown = capsys.readouterr().out
    assert "weights            88.8 GiB" in shown
    assert "KV pool            27.8 GiB, 298,560 tokens" in shown


def test_what_if_it_ran_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(PROFILE, "--gpu", "B200", "--mem-fraction", "0.9", "--format", "json") == 0

    read = json.loads(capsys.readouterr().out)
    assert (read["gpu"], read["mem_fraction_static"]["used"]) == ("B200", 0.9)
    assert read["tokens"]["pool"] > 700_000


def test_weights_that_do_not_fit_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(PROFILE, "--gpu", "H100") == 1
    assert "The weights need 88.8 GiB of 77.1." in capsys.readouterr().out


def test_a_model_without_facts_says_how_to_give_them(other: str) -> None:
    with pytest.raises(Failure) as caught:
        run(other)

    assert caught.value.exit_code == 1
    assert "is not among the known facts" in caught.value.message
    assert "--model-config config.json" in caught.value.hint


def test_its_own_config_makes_it_known(
    other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(LLAMA))

    assert run(other, "--model-config", str(file), "--format", "json") == 0
    read = json.loads(capsys.readouterr().out)
    assert read["gib"]["weights"] == pytest.approx(15.07)
    assert read["kv"]["bytes_per_token"] == 2 * 8 * 128 * 2 * 32
    assert read["model_source"] == str(file)


def test_how_it_is_quantized_may_stand_beside(
    other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    (tmp_path / "hf_quant_config.json").write_text('{"quantization": {"quant_algo": "FP8"}}')

    assert run(other, "--model-config", str(tmp_path / "config.json"), "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["gib"]["weights"] == pytest.approx(8.57)


def test_a_configuration_may_name_every_expert(
    other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """MiniMax M3's in NVFP4 has 3,087,083 bytes: each matrix of each expert by its name."""
    named = {
        f"model.layers.{layer}.mlp.experts.{expert}.{name}_proj": {"quant_algo": "NVFP4"}
        for layer in range(32)
        for expert in range(160)
        for name in ("gate", "up", "down")
    }
    said = {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "quantized_layers": named}
    whole = {**LLAMA, "num_experts": 160, "moe_intermediate_size": 512, "quantization_config": said}
    file = tmp_path / "config.json"
    file.write_text(json.dumps(whole))

    assert file.stat().st_size > 1_000_000
    assert run(other, "--gpu", "H200", "--model-config", str(file), "--format", "json") == 0
    experts = 32 * 160 * 3 * 4096 * 512 * 0.5625
    weights = json.loads(capsys.readouterr().out)["gib"]["weights"]
    assert experts / 1024**3 < weights < experts / 1024**3 + 8


@pytest.mark.parametrize(
    ("written", "kind", "said"),
    [
        ("{}", Failure, "`hidden_size` is missing"),
        ('{"text_config": {"a": 1}}', Failure, "`hidden_size` is missing"),
        ("[]", UsageError, "is not the configuration of a model"),
        ("{", UsageError, "is not JSON"),
    ],
)
def test_a_config_that_says_too_little(
    other: str, tmp_path: Path, written: str, kind: type[DeployerError], said: str
) -> None:
    file = tmp_path / "config.json"
    file.write_text(written)

    with pytest.raises(kind) as caught:
        run(other, "--model-config", str(file))

    assert said in str(caught.value.message)


def test_what_is_no_json_is_said_once(other: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text("x")

    with pytest.raises(UsageError) as caught:
        run(other, "--model-config", str(file))

    assert caught.value.message.count("not JSON") == 1


def test_a_profile_without_a_gpu_is_told_so() -> None:
    with pytest.raises(Failure) as caught:
        run("profiles/cpu-tiny.yaml")

    assert "it runs on no GPU" in caught.value.message
    assert "--gpu GPU" in caught.value.hint


@pytest.mark.parametrize(("version", "newer"), [("0.5.99", True), ("0.5.10.post1", False)])
def test_a_release_that_nobody_knows_is_said_to_be_guessed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str, newer: bool
) -> None:
    changed = tmp_path / "p.yaml"
    text = shipped("h200-fallback")
    changed.write_text(text.replace("0.5.10.post1", version), encoding="utf-8")

    assert run(str(changed)) == 0
    said = f"SGLang {version} is newer than 0.5.23, the newest known here"
    assert (said in capsys.readouterr().out) is newer
    assert run(str(changed), "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["engine_known"] is not newer


def test_the_engines_own_choice_is_not_measured_against_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shipped("h200-fallback")
    lines = [line for line in text.splitlines(keepends=True) if "mem_fraction_static" not in line]
    changed = tmp_path / "p.yaml"
    changed.write_text("".join(lines), encoding="utf-8")

    assert run(PROFILE, "--mem-fraction", "0.9") == 0
    assert "own rule would keep" in capsys.readouterr().out
    assert run(str(changed)) == 0
    assert "own rule would keep" not in capsys.readouterr().out


def test_a_fraction_is_between_0_and_1() -> None:
    with pytest.raises(click.BadParameter):
        run(PROFILE, "--mem-fraction", "1.4")


def test_what_else_is_wrong_is_no_matter_for_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shipped("h200-fallback")
    changed = tmp_path / "p.yaml"
    changed.write_text(text.replace("min_containers: 0", "min_containers: 9"), encoding="utf-8")

    assert run(str(changed)) == 0
    read = capsys.readouterr()
    assert "KV pool            27.8 GiB" in read.out
    assert "is not right (containers-min-above-max)" in read.err


def test_another_models_file_counts_where_the_profiles_own_model_would_not_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shipped("b200-no-spec")
    text = text.replace("gpu: B200", "gpu: H100")
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    fp8 = {"quant_method": "fp8", "weight_block_size": [128, 128]}
    other = {**LLAMA, "quantization_config": fp8}
    (tmp_path / "config.json").write_text(json.dumps(other), encoding="utf-8")

    assert run(str(tmp_path / "p.yaml")) == 1, "GLM-5.1 itself does not fit"
    capsys.readouterr()
    assert run(str(tmp_path / "p.yaml"), "--model-config", str(tmp_path / "config.json")) == 0
    assert "does-not-fit" in capsys.readouterr().err
