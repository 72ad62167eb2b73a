"""A model as the memory of GPUs sees it: the shapes of its layers, and what a token leaves."""

from __future__ import annotations

from dataclasses import dataclass

INDEXER_SCALE = 4
"""Bytes of the FP32 scale beside the indexer's FP8 key of one token and layer."""

FLASHMLA_BLOCK = 128
"""Values of the latent that share one FP32 scale where FlashMLA stores it in FP8."""


@dataclass(frozen=True, slots=True)
class Precision:
    """Bytes of one weight, scales included: of attention's matrices, and of MLPs and experts.

    ``method`` is the checkpoint's ``quant_method``, empty for none. Embeddings, output head,
    routers and norms are never quantized by the methods that are read here.
    """

    method: str
    attention: float
    mlp: float
    other: float = 2.0


@dataclass(frozen=True, slots=True)
class LatentAttention:
    """Multi-head latent attention: one latent for all heads, which no rank can take a part of.

    ``query_rank`` is 0 where queries are not compressed. ``indexer_heads`` and ``indexer_size``
    are of sparse attention's indexer, 0 without one.
    """

    heads: int
    query_rank: int
    latent: int
    nope: int
    rope: int
    value: int
    indexer_heads: int = 0
    indexer_size: int = 0


@dataclass(frozen=True, slots=True)
class GroupedAttention:
    """Attention with keys and values of ``kv_heads``; as many as ``heads`` is the plain kind."""

    heads: int
    kv_heads: int
    size: int
    biased: bool = False


@dataclass(frozen=True, slots=True)
class Experts:
    """The experts of a layer: how many a router chooses from, and how wide one is.

    ``shared`` is the width of all that serve every token together.
    """

    routed: int
    width: int
    shared: int


@dataclass(frozen=True, slots=True)
class Model:
    """What decides how many tokens fit.

    ``sparse_layers`` says of each layer whether it has experts. ``draft_layers`` are those for
    multi-token prediction, which the checkpoint brings. ``longest`` is its context in tokens.
    ``source`` says where the configuration was read. ``scaled_cache`` says that the checkpoint
    brings scales for a quantized cache, of which `auto` may make one.
    """

    repo: str
    architecture: str
    source: str
    hidden: int
    vocabulary: int
    tied: bool
    intermediate: int
    attention: LatentAttention | GroupedAttention
    experts: Experts | None
    sparse_layers: tuple[bool, ...]
    draft_layers: int
    longest: int
    precision: Precision
    scaled_cache: bool = False

    @property
    def layers(self) -> int:
        """The layers of the model itself."""
        return len(self.sparse_layers)

    @property
    def latent(self) -> bool:
        """Whether the cache is a latent, of which every tensor-parallel rank has a copy."""
        return isinstance(self.attention, LatentAttention)

    @property
    def sparse_attention(self) -> bool:
        """Whether an indexer chooses the tokens: it decides what `auto` is for the KV dtype."""
        return isinstance(self.attention, LatentAttention) and self.attention.indexer_size > 0

    def kv_bytes(self, layout: str, ranks: int) -> int:
        """Give the bytes that one token takes in one layer, on one of ``ranks`` attention ranks.

        ``layout`` is ``bf16``, or FP8 as most kernels store it (``fp8``, for sparse attention the
        TRT-LLM ones) or FlashMLA (``fp8_flashmla``). Source: SGLang 0.5.10.post1
        ``model_executor/model_runner_kv_cache_mixin.py`` (``get_cell_size_per_token``,
        ``calculate_mla_kv_cache_dim``), 0.5.23 ``model_executor/pool_configurator.py``.
        """
        each = 2 if layout == "bf16" else 1
        attention = self.attention
        if isinstance(attention, GroupedAttention):
            return 2 * attention.size * max(1, attention.kv_heads // ranks) * each
        indexer = attention.indexer_size + INDEXER_SCALE if attention.indexer_size else 0
        if layout == "fp8_flashmla":
            scales = 4 * (attention.latent // FLASHMLA_BLOCK)
            return attention.latent + scales + 2 * attention.rope + indexer
        return each * (attention.latent + attention.rope) + indexer
