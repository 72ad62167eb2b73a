"""Models from their own configurations: published totals, and what is refused and not guessed."""

from __future__ import annotations

from typing import Any

import pytest

from deployer.facts.models.catalogue import find, known
from deployer.facts.models.checkpoint import INDEX, RepoFile, from_files
from deployer.facts.models.config import MissingFactsError, from_config, with_quantization
from deployer.facts.models.model import (
    CompressedAttention,
    Experts,
    GroupedAttention,
    LatentAttention,
    Model,
    State,
    token_bytes,
)
from deployer.facts.models.parts import counted, drafting, every
from deployer.facts.models.quantization import engine_method
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


def read(repo: str, config: dict[str, Any]) -> Model:
    return from_config(repo, config)[0]


def parameters(model: Model) -> tuple[float, float]:
    """Give the billions of the model itself, and of the layers that draft."""
    whole = sum(part.count for part in every(model)) / 1e9
    drafts = sum(part.count for part in drafting(model)) / 1e9
    return whole - drafts, drafts


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

    assert whole.model == listed.model == read("a/b", PLAIN)
    assert [file.path for file in whole.files] == ["a.safetensors", "b.safetensors", "x.bin"]
    assert (whole.weight_bytes, listed.weight_bytes) == (16_060_522_496, 7)
    assert whole.not_understood == ()


def test_a_checkpoint_names_what_is_not_understood_and_keeps_its_bytes() -> None:
    strange = from_files("a/b", "", {"config.json": {"ssm_cfg": 1}}, [RepoFile("a.bin", 9)])
    none = from_files("a/b", "", {}, [RepoFile("a.bin"), RepoFile("c/a.gguf", 3)])

    assert (strange.model, strange.weight_bytes) == (None, 9)
    assert "`hidden_size` is missing" in strange.not_understood
    assert (none.weight_bytes, none.not_understood) == (None, ("there is no `config.json`",))


PUBLISHED = {
    "MiniMaxAI/MiniMax-M2.5": 229, "Qwen/Qwen3-0.6B": 0.6, "Qwen/Qwen3-8B": 8.2,
    "Qwen/Qwen3-30B-A3B": 30.5, "Qwen/Qwen3-235B-A22B": 235,
    "Qwen/Qwen3-Coder-480B-A35B-Instruct": 480, "Qwen/Qwen3.5-27B": 27, "Qwen/Qwen3.5-35B-A3B": 35,
    "Qwen/Qwen3.5-122B-A10B": 122, "Qwen/Qwen3.5-397B-A17B": 397, "XiaomiMiMo/MiMo-V2-Flash": 309,
    "deepseek-ai/DeepSeek-V3.2": 671, "deepseek-ai/DeepSeek-V4-Flash": 284,
    "meta-llama/Llama-4-Maverick-17B-128E-Instruct": 400,
    "meta-llama/Llama-4-Scout-17B-16E-Instruct": 109, "meta-llama/Meta-Llama-3.1-405B": 405.9,
    "meta-llama/Meta-Llama-3.1-70B": 70.6, "meta-llama/Meta-Llama-3.1-8B": 8.03,
    "mistralai/Mixtral-8x22B-v0.1": 141, "mistralai/Mixtral-8x7B-v0.1": 46.7,
    "moonshotai/Kimi-K2-Instruct": 1026.4, "nvidia/Llama-3_3-Nemotron-Super-49B-v1": 49.9,
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16": 31.6,
    "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8": 120.6,
    "nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16": 550, "nvidia/Nemotron-H-56B-Base-8K": 56,
    "openai/gpt-oss-120b": 116.8, "openai/gpt-oss-20b": 20.9, "google/gemma-4-26B-A4B": 25.8,
}  # fmt: skip
"""Billions of parameters as the makers' model cards and the models' own names state them."""


@pytest.mark.parametrize("repo", sorted(PUBLISHED))
def test_every_family_has_its_published_total(repo: str) -> None:
    assert parameters(MODELS[repo])[0] == pytest.approx(PUBLISHED[repo], rel=0.015)


@pytest.mark.parametrize(
    ("repo", "gb"),
    [
        # vllm-project/recipes#779: "865 GB of weights", and 913.09 GB with NVFP4
        ("deepseek-ai/DeepSeek-V4-Pro", 865),
        ("nvidia/DeepSeek-V4-Pro-NVFP4", 913.09),
        # InferenceX states ~756 GB in 141 shards for a model of this shape
        ("zai-org/GLM-5.2-FP8", 756),
    ],
)
def test_a_checkpoint_has_its_published_bytes(repo: str, gb: float) -> None:
    assert counted(MODELS[repo]) / 1e9 == pytest.approx(gb, rel=0.002)


def test_at_least_a_hundred_models_are_known_with_their_source() -> None:
    assert len(known()) == len(set(known())) >= 89
    for repo in known():
        found = find(repo)
        assert found is not None
        assert found.model is not None, repo
        assert found.source, repo
        assert not found.model.quantization.unknown, repo
        assert not found.model.cache_unknown, repo
    assert find("zai-org/GLM-5.1-FP") is None


@pytest.mark.parametrize(
    ("layout", "ranks", "each"),
    [("bf16", 8, 1284), ("fp8", 8, 708), ("fp8_flashmla", 8, 788), ("bf16", 1, 1284)],
)
def test_a_latent_is_on_every_rank(layout: str, ranks: int, each: int) -> None:
    assert isinstance(GLM.attention, LatentAttention)
    assert token_bytes(GLM.attention, layout, ranks) == each


def test_no_indexer_no_indexer_bytes() -> None:
    model = MODELS["deepseek-ai/DeepSeek-V3"]

    assert (model.latent, model.sparse_attention) == (True, False)
    assert isinstance(model.attention, LatentAttention)
    assert [token_bytes(model.attention, one, 8) for one in ("bf16", "fp8")] == [1152, 576]


@pytest.mark.parametrize(("ranks", "heads"), [(1, 4), (2, 2), (4, 1), (8, 1)])
def test_grouped_keys_are_divided_up_to_their_heads(ranks: int, heads: int) -> None:
    model = MODELS["Qwen/Qwen3-235B-A22B-FP8"]

    assert isinstance(model.attention, GroupedAttention)
    assert token_bytes(model.attention, "bf16", ranks) == 2 * 128 * heads * 2
    assert token_bytes(model.attention, "fp8", ranks) == 2 * 128 * heads


def test_a_plain_config_is_read() -> None:
    model = read("a/b", PLAIN)

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
    assert parameters(read("a/b", {**PLAIN, **said}))[0] == pytest.approx(billions, rel=1e-3)


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({"hidden_size": None}, "`hidden_size` is missing"),
        ({"num_attention_heads": 0}, "its keys do not fit together"),
        ({"kv_lora_rank": 512}, "`qk_nope_head_dim` is missing"),
        ({"layer_types": ["full_attention"]}, "its keys do not fit together"),
    ],
)
def test_without_shapes_there_is_no_model(said: dict[str, Any], missing: str) -> None:
    with pytest.raises(MissingFactsError) as caught:
        from_config("a/b", {**PLAIN, **said})

    assert missing in str(caught.value)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"hidden_act": "maxout"}, "`hidden_act: maxout` means an MLP that is not known"),
        ({"quantization_config": {"quant_method": "exl3"}}, "`quant_method: exl3` is not known"),
        ({"vision_config": {"a": 1}}, "does not say the size of the part for images"),
        ({"audio_config": {"a": 1}}, "a part for sound"),
        ({"num_kv_shared_layers": 4}, "layers that share a cache"),
        ({"encoder_layers": 12}, "an encoder"),
        ({"layer_types": ["minimal_gru"] * 32}, "`layer_types` has minimal_gru"),
    ],
)
def test_what_is_not_understood_is_named_and_the_rest_used(
    said: dict[str, Any], named: str
) -> None:
    model, unknown = from_config("a/b", {**PLAIN, **said})

    assert any(named in one for one in unknown), unknown
    assert parameters(model)[0] == pytest.approx(8.03, abs=0.01)


@pytest.mark.parametrize(
    "repo", ["nvidia/GLM-5-NVFP4", "a/b-FP8", "a/b-AWQ", "a/b-w4a16", "a/b-4bit"]
)
def test_a_name_that_says_more_than_the_config(repo: str) -> None:
    model, unknown = from_config(repo, PLAIN)

    assert "put its `hf_quant_config.json` beside the file" in unknown[0]
    assert model.quantization.unknown == unknown[0]


def test_exact_bytes_stand_in_for_weights_of_an_unknown_method() -> None:
    strange = {**PLAIN, "quantization_config": {"quant_method": "exl3"}}
    index = {"metadata": {"total_size": 4_000_000_000}}
    blind = from_files("a/b", "", {"config.json": strange})
    exact = from_files("a/b", "", {"config.json": strange, INDEX: index})

    assert (blind.scale, blind.gib) == (0, None)
    assert exact.model is not None
    assert exact.scale * counted(exact.model) == pytest.approx(4e9)
    assert exact.gib == 4e9 / 1024**3


def test_the_file_beside_says_how() -> None:
    beside = {"quantization": {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8"}}
    model = read("a/b-NVFP4", dict(with_quantization(PLAIN, beside)))

    assert model.quantization.each("layers.#.mlp.gate_proj", 3) == 0.5625
    assert model.cache_algorithm == "FP8"
    assert with_quantization(PLAIN, {}) == PLAIN


def test_everything_that_is_missing_is_said_at_once() -> None:
    with pytest.raises(MissingFactsError) as caught:
        from_config("a/b", {"sliding_window": 4096})

    assert len(caught.value.missing) == 3


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
    stored = read("a/b", {**PLAIN, "quantization_config": said}).quantization
    names = ("layers.#.mlp.gate_proj", "layers.#.self_attn.q_proj")

    assert [stored.each(name, 0) for name in names] == [each, each]
    assert stored.each("lm_head") == 2


@pytest.mark.parametrize(
    ("repo", "name", "layer", "each"),
    [
        ("nvidia/Kimi-K2.6-NVFP4", "layers.#.self_attn.o_proj", 5, 2),
        ("nvidia/Kimi-K2.6-NVFP4", "layers.#.mlp.experts.0.gate_proj", 5, 0.5625),
        ("nvidia/Kimi-K2.6-NVFP4", "layers.#.mlp.gate_proj", 0, 2),
        ("moonshotai/Kimi-K2.5", "layers.#.mlp.shared_experts.gate_proj", 5, 2),
        ("moonshotai/Kimi-K3", "layers.#.mlp.experts.0.gate_proj", 5, 0.53125),
        ("nvidia/MiniMax-M3-NVFP4", "layers.#.self_attn.q_proj", 5, 1.03125),
        ("nvidia/MiniMax-M3-NVFP4", "layers.#.mlp.experts.0.gate_proj", 5, 0.5625),
        ("nvidia/Qwen3.6-27B-NVFP4", "layers.#.linear_attn.in_proj_qkv", 0, 1),
        ("nvidia/Qwen3.6-27B-NVFP4", "layers.#.mlp.gate_proj", 0, 0.5625),
        ("nvidia/Qwen3.6-27B-NVFP4", "mtp.layers.#.mlp.gate_proj", 0, 2),
        ("openai/gpt-oss-120b", "layers.#.self_attn.q_proj", 0, 2),
        ("openai/gpt-oss-120b", "layers.#.mlp.experts.0.gate_proj", 0, 0.53125),
        ("deepseek-ai/DeepSeek-V4-Pro", "layers.#.mlp.experts.0.gate_proj", 4, 0.53125),
        ("deepseek-ai/DeepSeek-V4-Pro", "layers.#.self_attn.wq_b", 4, 1 + 4 / 16384),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-NVFP4", "layers.#.linear_attn.in_proj", 4, 2),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-NVFP4", "layers.#.linear_attn.in_proj", 0, 0.5625),
        ("nvidia/Gemma-4-26B-A4B-NVFP4", "layers.#.mlp.gate_proj", 0, 2),
        ("nvidia/Gemma-4-26B-A4B-NVFP4", "layers.#.experts.0.gate_proj", 0, 0.5625),
    ],
)
def test_mixed_precision_is_read_name_by_name(
    repo: str, name: str, layer: int, each: float
) -> None:
    assert MODELS[repo].quantization.each(name, layer) == each


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "modelopt_fp4"),
        ({"quant_algo": "FP8"}, "modelopt_fp8"),
        ({"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION"}, "modelopt_mixed"),
        ({"quant_method": "modelopt", "quantization": {"quant_algo": "MXFP8"}}, "mxfp8"),
        ({"quant_method": "fp8"}, "fp8"),
        ({}, ""),
    ],
)
def test_the_engine_names_modelopts_methods_by_their_algorithm(
    said: dict[str, Any], named: str
) -> None:
    assert engine_method(said) == named


def test_a_pattern_that_ends_in_a_number_holds_for_what_begins_with_it() -> None:
    said = {"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["model.layers.1*"]}
    stored = read("a/b", {**PLAIN, "quantization_config": said}).quantization
    bytes_ = [stored.each("layers.#.mlp.gate_proj", at) for at in (0, 1, 10, 19, 21)]

    assert bytes_ == [0.5625, 2, 2, 2, 0.5625]


def test_first_layers_without_experts() -> None:
    kinds = [isinstance(block.feed[0], Experts) for block in GLM.blocks]
    assert kinds == [False] * 3 + [True] * 75
    step = read("a/b", {**PLAIN, "num_experts": 8, "decoder_sparse_step": 2})
    assert [isinstance(block.feed[0], Experts) for block in step.blocks][:4] == [
        False, True, False, True,
    ]  # fmt: skip


def test_layers_of_every_kind_are_told_apart() -> None:
    """Kinds and numbers of layers, from each family's own configuration."""
    qwen = MODELS["Qwen/Qwen3.5-397B-A17B"]
    assert (len(qwen.states), qwen.layers, qwen.draft_layers) == (45, 60, 1)
    assert qwen.states[0] == State("gdn", 64, 128, 16, 128, 4)
    kimi = MODELS["moonshotai/Kimi-K3"]
    assert (len(kimi.states), kimi.states[0].kind, kimi.latent) == (69, "kda", True)
    nemotron = MODELS["nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4"]
    attention = [one for one in nemotron.blocks if isinstance(one.mixer, GroupedAttention)]
    assert (len(nemotron.states), len(attention), nemotron.layers) == (40, 8, 88)
    assert nemotron.experts is not None
    assert (nemotron.experts.matrices, nemotron.experts.latent) == (2, 1024)
    llama = MODELS["meta-llama/Llama-4-Scout-17B-16E-Instruct"]
    assert [getattr(one.mixer, "window", 0) for one in llama.blocks[:4]] == [8192, 8192, 8192, 0]
    gemma = MODELS["google/gemma-4-26B-A4B"]
    assert gemma.attention == GroupedAttention(16, 2, 512)
    glm = MODELS["zai-org/GLM-5.2-FP8"]
    shared = [getattr(one.mixer, "indexer_shared", None) for one in glm.blocks]
    assert (shared.count(True), shared[:7]) == (57, [False] * 3 + [True] * 3 + [False])
    flash = [one.mixer for one in MODELS["deepseek-ai/DeepSeek-V4-Flash"].blocks]
    ratios = [one.ratio for one in flash if isinstance(one, CompressedAttention)]
    assert (ratios.count(0), ratios.count(4), ratios.count(128)) == (2, 21, 20)
