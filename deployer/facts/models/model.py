"""A model as the memory of GPUs sees it: the shapes of its layers, and what a token leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from deployer.facts.models.quantization import Quantization

FINE = 4
"""The ratio of DeepSeek-V4's finely compressed layers, which have an indexer and overlap."""

INDEXER_SCALE = 4
"""Bytes of the FP32 scale beside the indexer's FP8 key of one token and layer."""

FLASHMLA_BLOCK = 128
"""Values of the latent that share one FP32 scale where FlashMLA stores it in FP8."""


@dataclass(frozen=True, slots=True)
class LatentAttention:
    """Multi-head latent attention: one latent for all heads, which no rank can take a part of.

    ``query_rank`` is 0 where queries are not compressed. ``indexer_heads`` and ``indexer_size``
    are of sparse attention's indexer, 0 without one; ``indexer_shared`` says that the layer takes
    the choice of an earlier one. ``gated`` multiplies the output by a projection of the input.
    """

    heads: int
    query_rank: int
    latent: int
    nope: int
    rope: int
    value: int
    indexer_heads: int = 0
    indexer_size: int = 0
    indexer_shared: bool = False
    gated: bool = False


@dataclass(frozen=True, slots=True)
class GroupedAttention:
    """Attention with keys and values of ``kv_heads``; as many as ``heads`` is the plain kind.

    ``value`` is the size of a value where it is not a key's ``size``. ``window`` is how far a
    token looks back, 0 without bound. ``gated`` doubles the queries' matrix; ``rope`` is how much
    of a head turns with its position, where that is not all of it. ``indexer_heads`` and
    ``indexer_size`` are of block-sparse attention's indexer (MiniMax M3), which stores a key and,
    with ``indexer_values``, a value a token.
    """

    heads: int
    kv_heads: int
    size: int
    biased: bool = False
    value: int = 0
    window: int = 0
    gated: bool = False
    rope: int = 0
    indexer_heads: int = 0
    indexer_size: int = 0
    indexer_values: bool = False

    @property
    def value_size(self) -> int:
        """The size of one head's value."""
        return self.value or self.size


@dataclass(frozen=True, slots=True)
class CompressedAttention:
    """DeepSeek-V4's attention: one key for all heads, in a window and compressed by ``ratio``.

    ``ratio`` is 0 where there is only the window; with 4 an indexer chooses.
    """

    heads: int
    query_rank: int
    size: int
    rope: int
    groups: int
    output_rank: int
    ratio: int
    window: int
    indexer_heads: int = 0
    indexer_size: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Linear attention or a state-space layer: a state for each request instead of a cache.

    ``kind`` is ``gdn`` (gated delta net), ``mamba2`` or ``kda`` (Kimi's delta attention). There are
    ``heads`` of ``size`` values, whose keys have ``state`` values in ``groups``; ``kernel`` is the
    width of the convolution, ``item`` the bytes of a value of the state. ``full_gate`` is KDA's
    gate without a low rank.
    """

    kind: str
    heads: int
    size: int
    groups: int
    state: int
    kernel: int
    item: int = 4
    full_gate: bool = False


Attention = LatentAttention | GroupedAttention | CompressedAttention


@dataclass(frozen=True, slots=True)
class Dense:
    """An MLP of one width; ``matrices`` is 3 with a gated activation, else 2."""

    width: int
    matrices: int = 3


@dataclass(frozen=True, slots=True)
class Experts:
    """The experts of a layer: how many a router chooses from, and how wide one is.

    ``shared`` is the width of all that serve every token together. ``latent`` is the width of what
    the routed ones read where it is not the model's own, 0 otherwise.
    """

    routed: int
    width: int
    shared: int
    matrices: int = 3
    latent: int = 0
    biased: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: how tokens see each other, and what is done to each. Either may be missing."""

    mixer: Attention | State | None = None
    feed: tuple[Dense | Experts, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """What decides how many tokens fit.

    ``blocks`` are the layers in their order; ``drafts`` those for multi-token prediction, which
    the checkpoint brings, and ``draft_prefix`` what their names begin with where they do not just
    follow the others. ``longest`` is the context in tokens. ``beside`` counts the weights beside
    the language model (vision, audio). ``streams`` is how many residual streams there are
    (hyper-connections). ``cache_algorithm`` is how the checkpoint wants its cache quantized, of
    which `auto` may make the KV dtype; empty for not at all. ``hybrid_window`` says that the engine
    keeps layers with a window in a pool of their own. ``cache_unknown`` says why no pool can be
    reckoned, empty where one can. ``source`` says where the configuration was read.
    """

    repo: str
    architecture: str
    source: str
    hidden: int
    vocabulary: int
    tied: bool
    blocks: tuple[Layer, ...]
    longest: int
    quantization: Quantization = field(default_factory=Quantization)
    drafts: tuple[Layer, ...] = ()
    draft_prefix: str = ""
    beside: int = 0
    streams: int = 1
    cache_algorithm: str = ""
    hybrid_window: bool = False
    cache_unknown: str = ""

    @property
    def layers(self) -> int:
        """The layers of the model itself."""
        return len(self.blocks)

    @property
    def draft_layers(self) -> int:
        """The layers for multi-token prediction."""
        return len(self.drafts)

    @property
    def attention(self) -> Attention | None:
        """The attention that sees furthest: of the first layer that has one of that kind."""
        found = list(self._attentions())
        unbounded = (one for one in found if not getattr(one, "window", 0))
        return next(unbounded, found[0] if found else None)

    @property
    def experts(self) -> Experts | None:
        """The experts of the first layer that has some."""
        feeds = (feed for block in self.blocks for feed in block.feed)
        return next((feed for feed in feeds if isinstance(feed, Experts)), None)

    @property
    def latent(self) -> bool:
        """Whether the cache is a latent, of which every tensor-parallel rank has a copy."""
        return isinstance(self.attention, LatentAttention)

    @property
    def sparse_attention(self) -> bool:
        """Whether an indexer chooses the tokens: it decides what `auto` is for the KV dtype."""
        found = self.attention
        return isinstance(found, LatentAttention) and found.indexer_size > 0

    @property
    def compressed(self) -> bool:
        """Whether the cache is DeepSeek-V4's, in pools of several ratios."""
        return isinstance(self.attention, CompressedAttention)

    @property
    def states(self) -> tuple[State, ...]:
        """The state of every layer that has one."""
        return tuple(block.mixer for block in self.blocks if isinstance(block.mixer, State))

    def _attentions(self) -> Iterator[Attention]:
        for block in self.blocks:
            if block.mixer is not None and not isinstance(block.mixer, State):
                yield block.mixer


def token_bytes(attention: LatentAttention | GroupedAttention, layout: str, ranks: int) -> int:
    """Give the bytes that one token takes in one layer, on one of ``ranks`` attention ranks.

    ``layout`` is ``bf16``, or FP8 as most kernels store it (``fp8``, for sparse attention the
    TRT-LLM ones) or FlashMLA (``fp8_flashmla``). Source: SGLang 0.5.10.post1
    ``model_executor/model_runner_kv_cache_mixin.py`` (``get_cell_size_per_token``,
    ``calculate_mla_kv_cache_dim``), 0.5.23 ``model_executor/pool_configurator.py``.
    """
    each = 2 if layout == "bf16" else 1
    if isinstance(attention, GroupedAttention):
        heads = max(1, attention.kv_heads // ranks)
        index = attention.indexer_size * (1 + attention.indexer_values) * INDEX_ITEM
        return heads * (attention.size + attention.value_size) * each + index
    indexer = attention.indexer_size + INDEXER_SCALE if attention.indexer_size else 0
    if layout == "fp8_flashmla" and attention.indexer_size:
        scales = 4 * (attention.latent // FLASHMLA_BLOCK)
        return attention.latent + scales + 2 * attention.rope + indexer
    return each * (attention.latent + attention.rope) + indexer


INDEX_ITEM = 2
"""Bytes of a value of MiniMax M3's indexer, in the model's own dtype (0.5.23
``mem_cache/memory_pool.py``, ``get_minimax_sparse_index_dtype``)."""
