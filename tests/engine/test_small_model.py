"""A tiny model of another one's architecture: what stays, what becomes small, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deployer.engine.model_config import ModelConfig, shipped
from deployer.engine.small_model import BY_TORCH, LAYERS, MOST, SIZES, make, shrunk
from deployer.errors import Failure
from deployer.facts.models.catalogue import known
from deployer.facts.models.checkpoint import CONFIG


def config_of(repo: str) -> dict[str, Any]:
    found = shipped(repo)
    assert found is not None
    return dict(json.loads(found.files[CONFIG]))


@pytest.mark.parametrize("repo", known())
def test_each_shipped_model_has_a_tiny_one_or_says_why_not(repo: str, tmp_path: Path) -> None:
    found = shipped(repo)
    if found is None:
        pytest.skip("no config of it is shipped")
    config = config_of(repo)
    if LAYERS not in config:
        with pytest.raises(Failure, match="no tiny model of"):
            make(found, tmp_path / "m")
        return
    made = make(found, tmp_path / "m")
    small = json.loads((tmp_path / "m" / CONFIG).read_text("utf-8"))
    assert small["architectures"] == config["architectures"]
    assert made.architecture == ", ".join(config["architectures"])
    assert 2 <= small[LAYERS] <= MOST
    for key, most in SIZES.items():
        assert isinstance(small.get(key, 0), (int, list, type(None)))
        if isinstance(small.get(key), int):
            assert small[key] <= most
    assert small["vocab_size"] == 1212
    assert {"tokenizer.json", "chat_template.jinja"} < {p.name for p in (tmp_path / "m").iterdir()}
    assert all(small[key] == 0 for key in small if key.endswith("_token_id"))
    assert "quantization_config" not in small
    assert ("quantized weights: their kernels are for GPUs" in made.lacks) == (
        "quantization_config" in config
    )


def test_glm_keeps_its_latent_attention_and_its_experts_and_says_that_it_attends_densely() -> None:
    config = config_of("zai-org/GLM-5.1-FP8")
    small, lacks = shrunk(config)
    same = ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim",
            "n_shared_experts", "architectures", "max_position_embeddings")  # fmt: skip
    assert {key: small[key] for key in same} == {key: config[key] for key in same}
    assert (small["n_routed_experts"], small["num_experts_per_tok"]) == (8, 2)
    assert (small[LAYERS], small["first_k_dense_replace"]) == (2, 1)
    assert small["num_attention_heads"] == small["num_key_value_heads"] == 4
    assert not [key for key in small if key.startswith("index_")]
    assert any("attend densely" in one for one in lacks)


@pytest.mark.parametrize(
    ("more", "layers", "kept"),
    [
        ({"layer_types": ["a"] * 3 + ["b"] + ["a"] * 4}, 4, ["a", "a", "a", "b"]),
        ({"layer_types": ["a"] * 8}, 2, ["a", "a"]),
        ({"hybrid_override_pattern": "MEM*MEM*"}, 4, "MEM*"),
        ({"full_attention_interval": 4}, 4, None),
        ({"model_type": "abcdefgh"}, 2, None),
    ],
)
def test_each_kind_of_layer_is_there_in_its_order(
    more: dict[str, Any], layers: int, kept: object
) -> None:
    config = {"architectures": ["X"], LAYERS: 8, "hidden_size": 64, **more}
    small, lacks = shrunk(config)
    assert (small[LAYERS], lacks, small["hidden_size"]) == (layers, (), 64)
    (key,) = more
    assert kept is None or small[key] == kept


def test_a_kind_that_comes_too_late_is_said_to_be_missing() -> None:
    config = {"architectures": ["X"], LAYERS: 40, "layer_types": ["a"] * 39 + ["b"]}
    small, lacks = shrunk(config)
    assert small[LAYERS] == MOST
    assert lacks == (f"kinds of layers that come after the first {MOST}",)


def test_attention_sinks_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    config = {"architectures": ["X"], LAYERS: 4, "model_type": "gpt_oss"}
    made = make(ModelConfig({CONFIG: json.dumps(config).encode()}, "made"), tmp_path / "m")
    assert [one.partition(":")[0] for one in made.lacks] == ["attention sinks"]
    assert made.variables["SGLANG_EXTERNAL_MODEL_PACKAGE"] == BY_TORCH
    assert (Path(made.variables["PYTHONPATH"]) / BY_TORCH / "sinks.py").is_file()


def test_what_sees_is_refused_with_the_key_that_says_so(tmp_path: Path) -> None:
    config = {"architectures": ["X"], LAYERS: 4, "vision_config": {}}
    model = ModelConfig({CONFIG: json.dumps(config).encode()}, "made")
    with pytest.raises(Failure, match="`vision_config` says that it sees or hears"):
        make(model, tmp_path / "m")
    assert not (tmp_path / "m").exists()
