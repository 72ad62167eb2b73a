"""Every model whose facts are shipped has weights and a pool, and each family's numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.behaviour.architecture import architecture
from deployer.behaviour.cache import Kept, Manner, kept, state_bytes
from deployer.behaviour.pool import held, pool
from deployer.behaviour.settings import of_flags
from deployer.behaviour.unknown import UnknownError
from deployer.behaviour.weights import Division, stages
from deployer.facts.models.catalogue import find, known
from deployer.facts.models.parts import counted, drafting
from deployer.facts.sglang.pool_rules import pool_rule
from tests.shapes import MODELS

NEWEST = "0.5.23"
GIB = 1024**3


@pytest.mark.parametrize("repo", known())
def test_every_model_gets_a_pool_on_some_number_of_gpus(repo: str) -> None:
    found = find(repo)
    assert found is not None
    for gpus in (1, 2, 4, 8, 16):
        try:
            settings = of_flags(found, "H200", NEWEST, {"--tp-size": str(gpus)})
        except UnknownError:
            continue  # heads that so many cannot divide
        if pool(settings, 0.88) is not None:
            assert held(settings, 0.88).weights > 0
            return
    pytest.fail("no pool on up to 16 H200")


def test_shapes_and_class_agree_on_sparse_attention() -> None:
    """What decides kernels asks the class, what decides memory the shapes."""
    assert known()
    for repo in known():
        found = find(repo)
        assert found is not None
        assert found.model is not None
        assert architecture(repo, found).sparse_attention is found.model.sparse_attention, repo


@given(st.sampled_from(sorted(MODELS)), st.sampled_from([1, 2, 4, 8]))
def test_what_all_ranks_hold_is_at_least_the_whole(repo: str, ranks: int) -> None:
    model = MODELS[repo]
    (stage,) = stages(model, Division(ranks, ranks), draft=False)
    whole = counted(model) - sum(part.count * part.each for part in drafting(model))

    assert ranks * stage.weights >= whole / GIB - 0.01


def kept_by(repo: str, ranks: int, layout: str = "bf16", version: str = NEWEST) -> Kept:
    model = MODELS[repo]
    manner = Manner(layout, ranks, pool_rule(version), hybrid=model.hybrid_window)
    return kept(model.blocks, (), manner)


@pytest.mark.parametrize(
    ("repo", "ranks", "layout", "each"),
    [
        # 94 layers, one of 4 heads on each of 4 ranks, keys and values of 128, two bytes
        ("Qwen/Qwen3-235B-A22B-FP8", 4, "bf16", 94 * 2 * 128 * 2),
        # a latent of 512 and 64 that turn with the position, whatever the ranks
        ("deepseek-ai/DeepSeek-V3", 8, "bf16", 61 * 576 * 2),
        ("moonshotai/Kimi-K2.5", 8, "fp8", 61 * 576),
        # sparse attention: 132 bytes for the indexer; of GLM-5.2's 78 layers 57 have none
        ("zai-org/GLM-5.1", 8, "bf16", 78 * (1152 + 132)),
        ("zai-org/GLM-5.2", 8, "bf16", 78 * 1152 + 21 * 132),
        ("zai-org/GLM-5.2", 8, "fp8_flashmla", 78 * 656 + 21 * 132),
        # 18 layers of all tokens and 18 with a window, which get 0.8 of the tokens
        ("openai/gpt-oss-120b", 1, "bf16", 18 * 2048 + 0.8 * 18 * 2048),
        # 9 layers: one head of 192 and 128; 39 with a window: two of them
        ("XiaomiMiMo/MiMo-V2-Flash", 4, "bf16", 9 * 640 + 0.8 * 39 * 1280),
        # 12 layers of all tokens, 36 that see a chunk
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", 8, "bf16", 12 * 512 + 0.8 * 36 * 512),
        # 5 layers of 2 heads of 512, 25 of 8 heads of 256 with a window
        ("google/gemma-4-26B-A4B", 1, "bf16", 5 * 4096 + 0.8 * 25 * 8192),
        # 15 of 60 layers have a cache, of one head of 256 on each rank
        ("Qwen/Qwen3.5-397B-A17B", 8, "bf16", 15 * 1024),
        # 8 of 88 layers
        ("nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4", 2, "bf16", 8 * 512),
        # 60 layers of one head; 57 of them keep a key of 128 for an indexer in BF16
        ("MiniMaxAI/MiniMax-M3", 4, "bf16", 60 * 512 + 57 * 256),
        # layers without attention keep a cache, too
        ("nvidia/Llama-3_3-Nemotron-Super-49B-v1", 8, "bf16", 80 * 512),
    ],
)
def test_what_a_token_takes(repo: str, ranks: int, layout: str, each: float) -> None:
    assert kept_by(repo, ranks, layout).each == pytest.approx(each)


def test_what_a_token_takes_in_deepseek_v4() -> None:
    """0.5.23 ``DSV4PoolConfigurator``: slots of 585 bytes, 65 pages' worth where compressed by 4.

    A tenth of the tokens are in the window's pool, of all 61 layers, with 8 rows of state in a
    page of 256 for the 30 of ratio 4; 31 layers are of ratio 128.
    """
    window = 0.1 * (61 * 585 + 30 * 8 / 256 * 4 * (512 + 128) * 4)
    compressed = 30 * (585 + 132) / 4 + 31 * 864 / 128

    assert kept_by("deepseek-ai/DeepSeek-V4-Pro", 8).each == pytest.approx(window + compressed)


@pytest.mark.parametrize(
    ("repo", "ranks", "each"),
    [
        # a convolution of 16 + 16 key heads and 64 value heads of 128, three back, in BF16; a
        # state of 64 heads of 128 by 128 in FP32
        ("Qwen/Qwen3.5-397B-A17B", 8, 96 * 128 // 8 * 3 * 2 + 8 * 128 * 128 * 4),
        ("moonshotai/Kimi-K3", 8, 3 * 96 * 128 // 8 * 3 * 2 + 12 * 128 * 128 * 4),
        # 128 heads of 64, 8 groups of 128
        (
            "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4",
            2,
            (128 * 64 + 2 * 8 * 128) // 2 * 3 * 2 + 64 * 64 * 128 * 4,
        ),
    ],
)
def test_what_a_request_takes_in_a_layer_with_a_state(repo: str, ranks: int, each: int) -> None:
    assert state_bytes(MODELS[repo].states[0], ranks) == each


def test_states_take_nine_tenths_of_what_the_cache_takes() -> None:
    found = find("Qwen/Qwen3.5-397B-A17B")
    assert found is not None
    settings = of_flags(found, "H200", NEWEST, {"--tp-size": "8"})
    free = held(settings, 0.88)

    assert free.states == pytest.approx(0.9 * free.budget, rel=0.01)


@pytest.mark.parametrize(
    ("repo", "ranks", "tokens", "gib"),
    [
        # https://github.com/vllm-project/vllm/issues/21348: K and V of 8.23 GB
        ("Qwen/Qwen3-235B-A22B-FP8", 4, 367_404, 2 * 8.23),
        # https://github.com/noonghunna/club-3090/issues/1261: K and V of 3.46 GB, FP8, two ranks
        ("nvidia/Qwen3.6-27B-NVFP4", 2, 454_112, 2 * 3.46),
    ],
)
def test_logged_pools_take_what_their_tokens_take(
    repo: str, ranks: int, tokens: int, gib: float
) -> None:
    layout = "fp8" if "NVFP4" in repo else "bf16"

    assert tokens * kept_by(repo, ranks, layout).each / GIB == pytest.approx(gib, abs=0.02)


def test_a_logged_pool_for_windows() -> None:
    """https://github.com/sgl-project/sglang/pull/18039: K of 8.38 GB, V of 5.59, on 4 ranks."""
    model = MODELS["XiaomiMiMo/MiMo-V2-Flash"]
    windowed = tuple(block for block in model.blocks if getattr(block.mixer, "window", 0))
    each = kept(windowed, (), Manner("bf16", 4, pool_rule(NEWEST), hybrid=True)).each

    assert 300_288 * each / GIB == pytest.approx(8.38 + 5.59, abs=0.02)
