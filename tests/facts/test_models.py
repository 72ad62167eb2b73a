"""Models from their own configurations: published totals, and what is refused and not guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deployer.engine.model_config import PACKAGED
from deployer.facts.models.catalogue import FOLDER
from deployer.facts.models.checkpoint import INDEX, RepoFile, from_files
from deployer.facts.models.config import MissingFactsError, from_config, with_quantization
from deployer.facts.models.model import GroupedAttention, LatentAttention, Model
from deployer.facts.models.parts import drafting, embedding, head, layer
from tests.shapes import MODELS

GLM = MODELS["zai-org/GLM-5.1-FP8"]
PLAIN: dict[str, Any] = {
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
"""Llama-3.1-8B, whose config.json stands in github.com/citsjtu2020/LLM-Prof."""


def parameters(model: Model) -> tuple[float, float]:
    """Give the billions of the model itself, and of the layers that draft."""
    own = [part for index in range(model.layers) for part in layer(model, index)]
    own += [embedding(model)] + ([] if model.tied else [head(model)])
    return sum(p.count for p in own) / 1e9, sum(p.count for p in drafting(model)) / 1e9


@pytest.mark.parametrize(
    ("repo", "own", "draft"),
    [
        ("zai-org/GLM-5.1-FP8", 743.9, 9.95),
        ("deepseek-ai/DeepSeek-V3", 671.0, 11.61),
        ("deepseek-ai/DeepSeek-R1", 671.0, 11.61),
        ("Qwen/Qwen3-235B-A22B-FP8", 235.1, 0),
        ("Qwen/Qwen3-32B", 32.76, 0),
    ],
)
def test_the_parameters_are_those_that_the_makers_publish(
    repo: str, own: float, draft: float
) -> None:
    found, drafts = parameters(MODELS[repo])

    assert found == pytest.approx(own, abs=0.05)
    assert drafts == pytest.approx(draft, abs=0.01)


def test_a_checkpoint_is_read_from_its_small_files() -> None:
    index = {"metadata": {"total_size": 16_060_522_496}, "weight_map": {}}
    files = [RepoFile("b.safetensors", 3), RepoFile("a.safetensors", 4), RepoFile("x.bin", 9)]
    whole = from_files("a/b", "f" * 40, {"config.json": PLAIN, INDEX: index}, files)
    listed = from_files("a/b", "", {"config.json": PLAIN}, files)

    assert whole.model == listed.model == from_config("a/b", PLAIN)
    assert [file.path for file in whole.files] == ["a.safetensors", "b.safetensors", "x.bin"]
    assert (whole.weight_bytes, listed.weight_bytes) == (16_060_522_496, 7)
    assert whole.not_understood == ()


def test_a_checkpoint_names_what_is_not_understood_and_keeps_its_bytes() -> None:
    strange = from_files("a/b", "", {"config.json": {"ssm_cfg": 1}}, [RepoFile("a.bin", 9)])
    none = from_files("a/b", "", {}, [RepoFile("a.bin"), RepoFile("c/a.gguf", 3)])

    assert (strange.model, strange.weight_bytes) == (None, 9)
    assert any("ssm_cfg" in said for said in strange.not_understood)
    assert (none.weight_bytes, none.not_understood) == (None, ("there is no `config.json`",))


def test_every_model_says_where_it_was_read() -> None:
    files = [json.loads(file.read_text(encoding="utf-8")) for file in FOLDER.glob("*.json")]
    assert sorted(repo for found in files for repo in found["repos"]) == sorted(MODELS)
    for found in files:
        assert "github.com/" in found["source"], found["repos"]
        assert found["published"]["source"], found["repos"]


def test_the_packaged_config_for_resolving_agrees() -> None:
    name = PACKAGED[GLM.repo]
    text = (FOLDER.parents[1] / "engine" / "pretend" / "configs" / name).read_text("utf-8")
    other = from_config(GLM.repo, json.loads(text), GLM.source)

    assert other == GLM


@pytest.mark.parametrize(
    ("layout", "ranks", "each"),
    [("bf16", 8, 1284), ("fp8", 8, 708), ("fp8_flashmla", 8, 788), ("bf16", 1, 1284)],
)
def test_a_latent_is_on_every_rank(layout: str, ranks: int, each: int) -> None:
    assert GLM.kv_bytes(layout, ranks) == each


def test_no_indexer_no_indexer_bytes() -> None:
    model = MODELS["deepseek-ai/DeepSeek-V3"]

    assert (model.latent, model.sparse_attention) == (True, False)
    assert (model.kv_bytes("bf16", 8), model.kv_bytes("fp8", 8)) == (1152, 576)


@pytest.mark.parametrize(("ranks", "heads"), [(1, 4), (2, 2), (4, 1), (8, 1)])
def test_grouped_keys_are_divided_up_to_their_heads(ranks: int, heads: int) -> None:
    model = MODELS["Qwen/Qwen3-235B-A22B-FP8"]

    assert model.kv_bytes("bf16", ranks) == 2 * 128 * heads * 2
    assert model.kv_bytes("fp8", ranks) == 2 * 128 * heads


def test_a_plain_config_is_read() -> None:
    model = from_config("a/b", PLAIN)

    assert model.attention == GroupedAttention(heads=32, kv_heads=8, size=128)
    assert parameters(model)[0] == pytest.approx(8.03, abs=0.01)


@pytest.mark.parametrize(
    ("said", "billions"),
    [
        ({"num_local_experts": 8, "vocab_size": 32000}, 46.7),  # Mixtral 8x7B
        (  # Kimi-K2
            {
                "hidden_size": 7168, "intermediate_size": 18432, "num_hidden_layers": 61,
                "num_attention_heads": 64, "vocab_size": 163840, "q_lora_rank": 1536,
                "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
                "v_head_dim": 128, "n_routed_experts": 384, "n_shared_experts": 1,
                "moe_intermediate_size": 2048, "first_k_dense_replace": 1,
            },
            1026.4,
        ),
        (  # Qwen3-0.6B, whose output head is its embedding
            {
                "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28,
                "num_attention_heads": 16, "head_dim": 128, "vocab_size": 151936,
                "tie_word_embeddings": True,
            },
            0.596,
        ),
    ],
)  # fmt: skip
def test_other_models_have_their_published_totals(said: dict[str, Any], billions: float) -> None:
    assert parameters(from_config("a/b", {**PLAIN, **said}))[0] == pytest.approx(billions, rel=1e-3)


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({"hidden_size": None}, "its keys do not fit together"),
        ({"num_attention_heads": 0}, "its keys do not fit together"),
        ({"layer_types": ["full_attention", "linear_attention"]}, "`layer_types` has linear_"),
        ({"sliding_window": 1024}, "`sliding_window` means"),
        ({"vision_config": {"a": 1}}, "`vision_config` means a vision part"),
        ({"hidden_act": "relu2"}, "`hidden_act: relu2` means an MLP"),
        ({"quantization_config": {"quant_method": "exl3"}}, "`quantization_config.quant_method"),
        ({"kv_lora_rank": 512}, "`qk_nope_head_dim` is missing"),
    ],
)
def test_what_is_not_reckoned_is_refused(said: dict[str, Any], missing: str) -> None:
    with pytest.raises(MissingFactsError) as caught:
        from_config("a/b", {**PLAIN, **said})

    assert missing in str(caught.value)


@pytest.mark.parametrize(
    "repo", ["nvidia/GLM-5-NVFP4", "a/b-FP8", "a/b-AWQ", "a/b-w4a16", "a/b-4bit"]
)
def test_a_name_that_says_more_than_the_config(repo: str) -> None:
    with pytest.raises(MissingFactsError, match=r"put its `hf_quant_config.json` beside the file"):
        from_config(repo, PLAIN)


def test_the_file_beside_says_how() -> None:
    beside = {"quantization": {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8"}}
    model = from_config("a/b-NVFP4", with_quantization(PLAIN, beside))

    assert (model.precision.mlp, model.scaled_cache) == (0.5625, True)
    assert with_quantization(PLAIN, {}) == PLAIN


def test_everything_that_is_missing_is_said_at_once() -> None:
    with pytest.raises(MissingFactsError) as caught:
        from_config("a/b", {"sliding_window": 4096})

    assert len(caught.value.missing) == 6


@pytest.mark.parametrize(
    ("said", "each"),
    [
        (None, 2),
        ({"quant_method": "fp8"}, 1),
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, 1 + 4 / 16384),
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, 0.5 + 2.5 / 128),
        ({"quant_method": "gptq", "bits": 8, "group_size": -1}, 1),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, 0.5625),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"num_bits": 4, "group_size": 32}}},
            },
            0.5 + 2 / 32,
        ),
    ],
)
def test_the_bytes_of_a_weight(said: dict[str, Any] | None, each: float) -> None:
    model = from_config("a/b", {**PLAIN, "quantization_config": said})

    assert model.precision.mlp == model.precision.attention == each


def test_attention_that_is_not_quantized_keeps_its_bytes() -> None:
    said = {
        "quant_method": "modelopt",
        "quant_algo": "NVFP4",
        "ignore": [f"model.layers.{index}.self_attn*" for index in range(32)],
    }
    model = from_config("a/b", {**PLAIN, "quantization_config": said})

    assert (model.precision.attention, model.precision.mlp) == (2, 0.5625)


def test_first_layers_without_experts() -> None:
    assert GLM.sparse_layers == (False,) * 3 + (True,) * 75
    assert isinstance(GLM.attention, LatentAttention)
    step = from_config("a/b", {**PLAIN, "num_experts": 8, "decoder_sparse_step": 2})
    assert step.sparse_layers[:4] == (False, True, False, True)
