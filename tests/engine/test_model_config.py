"""Where the model's config comes from."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.engine.model_config import model_config
from deployer.errors import Failure, UsageError
from deployer.release import ModelSource

from .releases import GLM

CONFIG = {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3"}


def test_the_packaged_config(tmp_path: Path) -> None:
    found = model_config(GLM)
    assert found.source == "the config of zai-org/GLM-5.1-FP8 that comes with deployer"
    found.write(tmp_path / "model")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["architectures"] == ["GlmMoeDsaForCausalLM"]
    assert (config["num_hidden_layers"], config["n_routed_experts"]) == (78, 256)
    assert config["quantization_config"]["weight_block_size"] == [128, 128]


def test_the_folder_of_the_model_wins(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "hf_quant_config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_text("weights")
    found = model_config(replace(GLM, path=str(tmp_path)))
    assert sorted(found.files) == ["config.json", "hf_quant_config.json"]
    assert found.source == str(tmp_path / "config.json")


def test_a_folder_in_place_of_the_config_is_none(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    assert model_config(replace(GLM, path=str(tmp_path))).source.endswith("comes with deployer")
    with pytest.raises(Failure, match="the config of a/b is not on this machine"):
        model_config(replace(GLM, path=str(tmp_path), repo="a/b"))


def test_a_config_that_cannot_be_looked_at_is_not_replaced_by_ours(tmp_path: Path) -> None:
    (tmp_path / "config.json").symlink_to("config.json")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        model_config(replace(GLM, path=str(tmp_path)))


def test_a_given_file_wins_over_all(tmp_path: Path) -> None:
    given = tmp_path / "mine.json"
    given.write_text(json.dumps(CONFIG))
    found = model_config(GLM, given=given)
    assert json.loads(found.files["config.json"]) == CONFIG
    assert found.source == str(given)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"name: x\n", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[]", "names no `architectures`"),
        (b'{"model_type": "qwen3"}', "names no `architectures`"),
    ],
)
def test_a_file_that_is_no_config(tmp_path: Path, content: bytes, word: str) -> None:
    given = tmp_path / "given.json"
    given.write_bytes(content)
    with pytest.raises(UsageError, match=word):
        model_config(GLM, given=given)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        model_config(GLM, given=tmp_path / "nothing.json")


def test_no_config_anywhere() -> None:
    with pytest.raises(Failure, match="the config of acme/own-model is not on this") as caught:
        model_config(replace(GLM, repo="acme/own-model", path="/nowhere"))
    assert "--model-config FILE" in caught.value.hint


def test_the_tiny_model_has_its_own() -> None:
    tiny = ModelSource("builtin", "tiny", "main", "builtin:tiny", "glm-tiny")
    found = model_config(tiny)
    assert json.loads(found.files["config.json"])["architectures"] == ["Qwen3ForCausalLM"]
