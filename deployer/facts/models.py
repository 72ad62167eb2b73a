"""Models as an engine's memory sees them: weights on a GPU, and bytes of KV cache for a token.

Source of the shapes: transformers' ``GlmMoeDsaConfig`` (78 layers and one for multi-token
prediction, kv_lora 512, rope 64, indexer 128), of the layouts: SGLang 0.5.10.post1
``model_executor/model_runner_kv_cache_mixin.py`` (``get_cell_size_per_token``,
``calculate_mla_kv_cache_dim``) and 0.5.23 ``model_executor/pool_configurator.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """GiB of weights on each GPU, without and with the layer that drafts; None is not known."""

    target: float | None
    with_draft: float


@dataclass(frozen=True, slots=True)
class Model:
    """What decides how many tokens fit.

    ``kv_bytes`` is what one token takes in one layer, by layout: ``bf16``, and FP8 as the TRT-LLM
    (``fp8_trtllm``) and the FlashMLA kernels (``fp8_flashmla``) store it. The cache is a copy on
    every tensor-parallel rank: there is one latent head, so nothing is divided. ``weights`` is by
    tensor-parallel size. ``sparse_attention`` decides what `auto` means for the KV dtype.
    """

    repo: str
    layers: int
    draft_layers: int
    kv_bytes: Mapping[str, int]
    weights: Mapping[int, Weights]
    longest: int
    sparse_attention: bool

    def bytes_per_token(self, layout: str, *, draft: bool) -> int:
        """Give the bytes that one token takes over all layers, with the draft's if it drafts."""
        return self.kv_bytes[layout] * (self.layers + (self.draft_layers if draft else 0))


INDEXER = 128 + 4
"""Bytes of the indexer's key in each layer: 128 in FP8 and one FP32 scale."""

GLM_5_1_FP8 = Model(
    repo="zai-org/GLM-5.1-FP8",
    layers=78,
    draft_layers=1,
    kv_bytes={
        "bf16": 2 * (512 + 64) + INDEXER,
        "fp8_trtllm": (512 + 64) + INDEXER,
        "fp8_flashmla": 512 + 4 * (512 // 128) + 2 * 64 + INDEXER,
    },
    weights={8: Weights(88.8, 90.1), 4: Weights(None, 178.0)},
    longest=202_752,
    sparse_attention=True,
)
"""GLM-5.1 in block-wise FP8: 753.9 B parameters in 704.2 GiB; weights by the shapes."""

MODELS = {model.repo: model for model in (GLM_5_1_FP8,)}
"""The models whose memory is known here, by repository."""
