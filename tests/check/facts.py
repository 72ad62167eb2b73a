"""Models of other families as a lock would know them: their own configuration, by hand.

Each is what the repository's `config.json` says as far as a check looks, with the source of it.
"""

from __future__ import annotations

from typing import Any

from deployer.behaviour.checkpoints import Checkpoints
from deployer.check.run import check
from deployer.compile.case import Case
from deployer.facts.models.catalogue import find
from deployer.facts.models.checkpoint import CONFIG, Checkpoint, from_files
from deployer.finding import Finding
from deployer.profile.load import load_profile
from tests.dumped import dumped

from .sane import Change

BLOCKS = {"quant_method": "fp8", "weight_block_size": [128, 128]}


CHANNELS = {
    "quant_method": "compressed-tensors",
    "config_groups": {
        "group_0": {
            "targets": ["Linear"],
            "weights": {"num_bits": 8, "type": "float", "strategy": "channel"},
        }
    },
    "ignore": ["lm_head", "re:.*mlp.gate$"],
}


def grouped(name: str, layers: int, hidden: int, heads: int, keys: int, **more: Any) -> Change:
    """Give a configuration with queries, keys and values in groups."""
    return {
        "architectures": [name],
        "num_hidden_layers": layers,
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "num_key_value_heads": keys,
        "hidden_act": "silu",
        "vocab_size": 151936,
        "max_position_embeddings": 40960,
        **more,
    }


LATENT: Change = {
    "kv_lora_rank": 512,
    "q_lora_rank": 1536,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
}

CONFIGS: dict[str, Change] = {
    # huggingface.co/Qwen/Qwen3-4B-FP8, config.json
    "Qwen/Qwen3-4B-FP8": grouped(
        "Qwen3ForCausalLM", 36, 2560, 32, 8, head_dim=128, intermediate_size=9728,
        quantization_config=BLOCKS,
    ),
    # huggingface.co/Qwen/Qwen3-30B-A3B-FP8, config.json
    "Qwen/Qwen3-30B-A3B-FP8": grouped(
        "Qwen3MoeForCausalLM", 48, 2048, 32, 4, head_dim=128, intermediate_size=6144,
        num_experts=128, moe_intermediate_size=768, quantization_config=BLOCKS,
    ),
    # huggingface.co/Qwen/Qwen3-235B-A22B-Instruct-2507-FP8, config.json
    "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8": grouped(
        "Qwen3MoeForCausalLM", 94, 4096, 64, 4, head_dim=128, intermediate_size=12288,
        num_experts=128, moe_intermediate_size=1536, max_position_embeddings=262144,
        quantization_config=BLOCKS,
    ),
    # huggingface.co/Qwen/Qwen3-8B, config.json
    "Qwen/Qwen3-8B": grouped(
        "Qwen3ForCausalLM", 36, 4096, 32, 8, head_dim=128, intermediate_size=12288
    ),
    # huggingface.co/meta-llama/Llama-3.3-70B-Instruct, config.json
    "meta-llama/Llama-3.3-70B-Instruct": grouped(
        "LlamaForCausalLM", 80, 8192, 64, 8, head_dim=128, intermediate_size=28672,
        max_position_embeddings=131072,
    ),
    # huggingface.co/mistralai/Mistral-Small-24B-Instruct-2501, config.json
    "mistralai/Mistral-Small-24B-Instruct-2501": grouped(
        "MistralForCausalLM", 40, 5120, 32, 8, head_dim=128, intermediate_size=32768,
        max_position_embeddings=32768,
    ),
    # huggingface.co/MiniMaxAI/MiniMax-M2.5, config.json
    "MiniMaxAI/MiniMax-M2.5": grouped(
        "MiniMaxM2ForCausalLM", 62, 3072, 48, 8, head_dim=128, intermediate_size=1536,
        num_local_experts=256, max_position_embeddings=196608, quantization_config=BLOCKS,
    ),
    # huggingface.co/zai-org/GLM-4.5-Air, config.json
    "zai-org/GLM-4.5-Air": grouped(
        "Glm4MoeForCausalLM", 46, 4096, 96, 8, head_dim=128, intermediate_size=10944,
        n_routed_experts=128, moe_intermediate_size=1408, n_shared_experts=1,
        first_k_dense_replace=1, num_nextn_predict_layers=1, max_position_embeddings=131072,
    ),
    # huggingface.co/zai-org/GLM-4.5-Air-FP8, config.json
    "zai-org/GLM-4.5-Air-FP8": grouped(
        "Glm4MoeForCausalLM", 46, 4096, 96, 8, head_dim=128, intermediate_size=10944,
        n_routed_experts=128, moe_intermediate_size=1408, n_shared_experts=1,
        first_k_dense_replace=1, num_nextn_predict_layers=1, max_position_embeddings=131072,
        quantization_config=CHANNELS,
    ),
    # huggingface.co/deepseek-ai/DeepSeek-R1-0528, config.json
    "deepseek-ai/DeepSeek-R1-0528": grouped(
        "DeepseekV3ForCausalLM", 61, 7168, 128, 128, **LATENT, intermediate_size=18432,
        n_routed_experts=256, moe_intermediate_size=2048, n_shared_experts=1,
        first_k_dense_replace=3, num_nextn_predict_layers=1, max_position_embeddings=163840,
        quantization_config=BLOCKS,
    ),
    # huggingface.co/moonshotai/Kimi-K2-Instruct-0905, config.json
    "moonshotai/Kimi-K2-Instruct-0905": grouped(
        "DeepseekV3ForCausalLM", 61, 7168, 64, 64, **LATENT, intermediate_size=18432,
        n_routed_experts=384, moe_intermediate_size=2048, n_shared_experts=1,
        first_k_dense_replace=1, num_nextn_predict_layers=0, max_position_embeddings=262144,
        quantization_config=BLOCKS,
    ),
    # huggingface.co/Qwen/Qwen3-Next-80B-A3B-Instruct, config.json
    "Qwen/Qwen3-Next-80B-A3B-Instruct": grouped(
        "Qwen3NextForCausalLM", 48, 2048, 16, 2, head_dim=256, intermediate_size=5120,
        num_experts=512, moe_intermediate_size=512, linear_num_value_heads=32,
        linear_num_key_heads=16, linear_key_head_dim=128, linear_value_head_dim=128,
        attn_output_gate=True, max_position_embeddings=262144,
    ),
    # huggingface.co/Qwen/Qwen3.5-397B-A17B-FP8, config.json, without its list of what is kept
    "Qwen/Qwen3.5-397B-A17B-FP8": {
        "architectures": ["Qwen3_5MoeForConditionalGeneration"],
        "quantization_config": BLOCKS,
        "vision_config": {"num_heads": 16},
        "text_config": {
            "num_hidden_layers": 60, "hidden_size": 4096, "num_attention_heads": 32,
            "num_key_value_heads": 2, "head_dim": 256, "num_experts": 512,
            "moe_intermediate_size": 1024, "linear_num_value_heads": 64,
            "linear_num_key_heads": 16, "linear_key_head_dim": 128,
            "linear_value_head_dim": 128, "attn_output_gate": True,
            "mtp_num_hidden_layers": 1, "max_position_embeddings": 262144,
            "vocab_size": 248320, "hidden_act": "silu",
        },
    },
    # huggingface.co/openai/gpt-oss-120b, config.json
    "openai/gpt-oss-120b": grouped(
        "GptOssForCausalLM", 36, 2880, 64, 8, head_dim=64, intermediate_size=2880,
        num_local_experts=128, max_position_embeddings=131072, sliding_window=128,
        layer_types=["sliding_attention", "full_attention"] * 18,
        quantization_config={"quant_method": "mxfp4"},
    ),
    # huggingface.co/deepseek-ai/DeepSeek-V4-Flash, config.json
    "deepseek-ai/DeepSeek-V4-Flash": grouped(
        "DeepseekV4ForCausalLM", 43, 4096, 64, 1, max_position_embeddings=1048576
    ),
}  # fmt: skip

EAGLE3_DRAFT: Change = {"architectures": ["LlamaForCausalLMEagle3"]}
EAGLE_DRAFT: Change = {"architectures": ["LlamaForCausalLMEagle"]}


def checkpoint(repo: str, config: Change) -> Checkpoint:
    """Give a repository of which only the configuration is known."""
    return from_files(repo, "", {CONFIG: config}, source="tests")


def unshipped(repo: str) -> str:
    """Give a name under which nothing of a model is shipped: its own, or that of a tuned copy."""
    return repo if find(repo) is None else f"acme/{repo.rpartition('/')[2]}-tuned"


def known(repo: str, draft: Change | None = None, **overrides: Any) -> Checkpoints:
    """Give what a lock would know of a model, some keys of its configuration overridden."""
    model = checkpoint(unshipped(repo), {**CONFIGS[repo], **overrides})
    return Checkpoints(model, None if draft is None else checkpoint("a/draft", draft))


def judged(profile: Change, given: Checkpoints) -> list[Finding]:
    """Give all that is found in a profile of which these facts are known."""
    loaded = load_profile(dumped(profile), "p.yaml")
    assert loaded.profile is not None, loaded.findings
    return [*loaded.findings, *check(Case(loaded.profile, given), loaded.source)]
