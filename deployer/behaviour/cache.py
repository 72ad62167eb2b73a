"""What a token takes in the cache of one GPU, and what is taken whatever is cached.

The formulas are SGLang's (0.5.10.post1 ``model_executor/model_runner_kv_cache_mixin.py``, 0.5.23
``model_executor/pool_configurator.py`` and ``configs/mamba_utils.py``): plain layers, layers with
a window in a pool of their own, DeepSeek-V4's pools of several ratios, and the states of linear
attention.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deployer.facts.models.model import (
    FINE,
    INDEXER_SCALE,
    CompressedAttention,
    GroupedAttention,
    LatentAttention,
    Layer,
    State,
    token_bytes,
)
from deployer.facts.sglang.pool_rules import PoolRule

WINDOW_SHARE = 0.8
"""Tokens of a pool for windows for each of the other (`--swa-full-tokens-ratio`)."""

COMPRESSED_SHARE, COMPRESSED_PAGE = 0.1, 256
"""The same for DeepSeek-V4 (``DSV4_DEFAULT_SWA_FULL_TOKENS_RATIO``), and its pages' tokens
(``arg_groups/model_overrides/deepseek_v4.py``)."""

SLOT, SLOT_ALIGN = 584, 576
"""Bytes of a token of DeepSeek-V4 as FlashMLA stores it, and what a page is a multiple of
(``kernels/ops/attention/dsv4/kv_layout.py``)."""

RING = {4: (8, 16), 128: (128, 256)}
"""Rows that compression keeps of each request, without and with drafts (``mem_cache/
deepseek_v4_memory_pool.py``, ``get_compress_state_ring_size``)."""

COMPRESS_STATE = 4
"""Bytes of a value of them: FP32 (``SGLANG_DSV4_COMPRESS_STATE_DTYPE``)."""

CONVOLUTION = 2
"""Bytes of a value of a convolution's state: BF16 (``SGLANG_MAMBA_CONV_DTYPE``)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept on one GPU: bytes of a token, and of each request's state.

    ``stored`` is what a token really takes where the engine sizes it with less.
    """

    each: float
    stored: float
    state: int = 0


@dataclass(frozen=True, slots=True)
class Manner:
    """How a release keeps a cache: the layout of a token, on one of so many attention ranks.

    ``share`` is the tokens of a pool for windows for each of the other, None for the engine's own;
    ``hybrid`` says that there is such a pool.
    """

    layout: str
    ranks: int
    rule: PoolRule
    share: float | None = None
    hybrid: bool = False


def kept(layers: Iterable[Layer], drafts: Iterable[Layer], manner: Manner) -> Kept:
    """Reckon what the layers of one stage keep; ``drafts`` are those that are counted with them."""
    own, drafting = tuple(layers), tuple(drafts)
    if any(isinstance(one.mixer, CompressedAttention) for one in own):
        each = _compressed(own, manner.share, drafting=bool(drafting))
        return Kept(each, each)
    state = sum(state_bytes(one.mixer, manner.ranks) for one in own if isinstance(one.mixer, State))
    scaled = manner.rule.scaled_layout or manner.layout != "fp8_flashmla"
    stored = _plain((*own, *drafting), manner, manner.layout)
    each = stored if scaled else _plain((*own, *drafting), manner, "fp8")
    return Kept(each, stored, state)


def state_bytes(found: State, ranks: int) -> int:
    """Give the bytes of one request's state in one layer on one rank (``mamba_cache_per_req``)."""
    values, groups = found.heads * found.size, found.groups
    if groups % ranks:
        groups += ranks - groups
    mixed = values + 2 * groups * found.state
    convolution = mixed // ranks * (found.kernel - 1) * CONVOLUTION
    return convolution + found.heads // ranks * found.size * found.state * found.item


def _plain(layers: tuple[Layer, ...], manner: Manner, layout: str) -> float:
    whole, windowed = 0, 0
    for block in layers:
        if isinstance(block.mixer, LatentAttention):
            elided = manner.rule.indexers_elided and block.mixer.indexer_shared
            found = token_bytes(block.mixer, layout, manner.ranks)
            whole += found - (_indexer(block.mixer) if elided else 0)
        elif isinstance(block.mixer, GroupedAttention):
            found = token_bytes(block.mixer, layout, manner.ranks)
            if manner.hybrid and block.mixer.window:
                windowed += found
            else:
                whole += found
    share = WINDOW_SHARE if manner.share is None else manner.share
    return whole + share * windowed if whole else windowed


def _indexer(found: LatentAttention) -> int:
    """Give the bytes of an indexer's key of one token."""
    return found.indexer_size + INDEXER_SCALE


def _compressed(layers: tuple[Layer, ...], share: float | None, *, drafting: bool) -> float:
    """Give DeepSeek-V4's bytes of a token: its part of the window's pool, and what is compressed.

    Source: 0.5.23 ``DSV4PoolConfigurator``. Speculation makes all of it larger by one layer in so
    many. The state of the layers of ratio 128 is by request, and small.
    """
    found = [one.mixer for one in layers if isinstance(one.mixer, CompressedAttention)]
    window = COMPRESSED_SHARE if share is None else share
    ring = RING[4][drafting] / COMPRESSED_PAGE
    total = 0.0
    for mixer in found:
        total += window * _page(COMPRESSED_PAGE)
        if mixer.ratio == FINE:
            state = 4 * (mixer.size + mixer.indexer_size) * COMPRESS_STATE
            total += window * ring * state
            total += (_page(COMPRESSED_PAGE // 4) + mixer.indexer_size + 4) / 4
        elif mixer.ratio:
            total += _page(COMPRESSED_PAGE // mixer.ratio) / mixer.ratio
    return total * (len(found) + 1) / len(found) if drafting else total


def _page(tokens: int) -> float:
    """Give the bytes of a slot in a page of so many tokens, with what fills up the page."""
    return -(-SLOT * tokens // SLOT_ALIGN) * SLOT_ALIGN / tokens
