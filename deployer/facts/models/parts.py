"""The weights of a model, part by part: how many, of how many bytes, and how they are divided.

Source: the modules of SGLang 0.5.10.post1 and 0.5.23 under ``models/`` (``deepseek_v2.py``, which
GLM-5 uses, ``deepseek_v4.py``, ``deepseek_nextn.py``, ``qwen3_5.py``, ``nemotron_h.py``,
``kimi_k3.py``, ``minimax_m3.py``, ``gpt_oss.py``, ...): which of them are column- or row-parallel,
and which replicated.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from deployer.facts.models.model import (
    FINE,
    CompressedAttention,
    Dense,
    Experts,
    GroupedAttention,
    LatentAttention,
    Layer,
    Model,
    State,
)
from deployer.facts.models.quantization import PLAIN

Divided = Literal["attention", "keys", "tensor", "experts", "shared", "embedding", "head", "rank"]
"""Over what a part is divided: the ranks of attention, those up to the number of key heads, all
tensor-parallel ranks; routed experts, a shared one, the embedding and the output head have rules
of their own; ``rank`` is a copy on every one."""

ROUTER_BIAS = 4
"""Bytes of a router's correction for one expert, of a state's own parameters and of the weights
that mix residual streams: FP32."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some weights of one kind: ``each`` is the bytes of one.

    ``heads`` is how many key heads there are, for what is divided by ``keys``.
    """

    count: int
    each: float
    divided: Divided
    heads: int = 0


class _Named:
    """The bytes of the weights of one layer, by the name that a checkpoint gives them."""

    def __init__(self, model: Model, index: int, prefix: str = "") -> None:
        self._model, self._index, self._prefix = model, index, prefix

    def __call__(self, name: str) -> float:
        return self._model.quantization.each(f"{self._prefix}layers.#.{name}", self._index)


def layer(model: Model, index: int) -> Iterator[Part]:
    """Give the parts of one layer of the model."""
    yield from _layer(model, model.blocks[index], _Named(model, index))


def layers(model: Model, indices: Iterable[int]) -> Iterator[Part]:
    """Give the parts of layers; those that are built and quantized alike are made once."""
    made: dict[tuple[int, tuple[bool, ...]], tuple[Part, ...]] = {}
    for index in indices:
        alike = (id(model.blocks[index]), model.quantization.signature(index))
        if alike not in made:
            made[alike] = tuple(layer(model, index))
        yield from made[alike]


def drafting(model: Model) -> Iterator[Part]:
    """Give the parts of the layers that draft: a layer each, and what joins it to the model.

    Embedding and output head are the model's own in the end (``set_embed_and_head``).
    """
    for index, block in enumerate(model.drafts):
        prefix = model.draft_prefix
        number = index if prefix else model.layers + index
        yield from _layer(model, block, _Named(model, number, prefix))
        count = 2 * model.hidden * model.hidden + 3 * model.hidden
        yield Part(count, PLAIN, "rank")


def embedding(model: Model) -> Part:
    """Give the table of the input."""
    return Part(model.vocabulary * model.hidden, PLAIN, "embedding")


def head(model: Model) -> Part:
    """Give the table of the output, which a tied one shares with the input."""
    return Part(model.vocabulary * model.hidden, model.quantization.each("lm_head"), "head")


def towers(model: Model) -> Part:
    """Give what is beside the language model: never quantized, and the same on every rank.

    Some towers are divided over the ranks of attention; this takes none to be.
    """
    return Part(model.beside, PLAIN, "rank")


def every(model: Model) -> Iterator[Part]:
    """Give all the parts that a checkpoint has, those that draft among them."""
    yield from layers(model, range(model.layers))
    yield embedding(model)
    if not model.tied:
        yield head(model)
    yield towers(model)
    yield from drafting(model)


@functools.lru_cache(maxsize=256)
def counted(model: Model) -> float:
    """Give the bytes that all the parts add up to."""
    return sum(part.count * part.each for part in every(model))


def _layer(model: Model, block: Layer, each: _Named) -> Iterator[Part]:
    match block.mixer:
        case GroupedAttention():
            yield from _grouped(model, block.mixer, each)
        case LatentAttention():
            yield from _latent(model, block.mixer, each)
        case CompressedAttention():
            yield from _compressed(model, block.mixer, each)
        case State():
            yield from _state(model, block.mixer, each)
        case None:
            pass
    yield Part(2 * model.hidden, PLAIN, "rank")
    if model.streams > 1:
        mixing = (2 + model.streams) * model.streams * model.streams * model.hidden
        yield Part(2 * mixing, ROUTER_BIAS, "rank")
    for feed in block.feed:
        if isinstance(feed, Dense):
            count = feed.matrices * model.hidden * feed.width
            yield Part(count, each("mlp.gate_proj"), "tensor")
        else:
            yield from _experts(model, feed, each, apart=len(block.feed) > 1)


def _grouped(model: Model, found: GroupedAttention, each: _Named) -> Iterator[Part]:
    hidden = model.hidden
    queries = found.heads * found.size * (1 + found.gated)
    keys = found.kv_heads * (found.size + found.value_size)
    if not found.heads:
        return
    yield Part(hidden * queries, each("self_attn.q_proj"), "attention")
    out = found.heads * found.value_size
    yield Part(hidden * out, each("self_attn.o_proj"), "attention")
    yield Part(hidden * keys, each("self_attn.k_proj"), "keys", found.kv_heads)
    if found.biased:
        yield Part(queries, PLAIN, "attention")
        yield Part(keys, PLAIN, "keys", found.kv_heads)
    if found.indexer_size:
        heads = found.indexer_heads + 1 + found.indexer_values
        count = hidden * heads * found.indexer_size
        yield Part(count, each("self_attn.index_q_proj"), "rank")


def _latent(model: Model, found: LatentAttention, each: _Named) -> Iterator[Part]:
    hidden = model.hidden
    key = found.nope + found.rope
    down = found.query_rank + found.latent + found.rope
    yield Part(hidden * down, each("self_attn.kv_a_proj_with_mqa"), "rank")
    queries = (found.query_rank or hidden) * found.heads * key
    yield Part(queries, each("self_attn.q_b_proj"), "attention")
    up = found.latent * found.heads * (found.nope + found.value)
    yield Part(up, each("self_attn.kv_b_proj"), "attention")
    out = found.heads * found.value * hidden
    yield Part(out, each("self_attn.o_proj"), "attention")
    if found.gated:
        yield Part(out, each("self_attn.g_proj"), "attention")
    yield Part(found.query_rank + found.latent, PLAIN, "rank")
    if found.indexer_size and not found.indexer_shared:
        size = found.indexer_size
        count = (found.query_rank * found.indexer_heads + hidden) * size
        yield Part(count, each("self_attn.indexer.wq_b"), "rank")
        yield Part(hidden * found.indexer_heads + 2 * size, PLAIN, "rank")


def _compressed(model: Model, found: CompressedAttention, each: _Named) -> Iterator[Part]:
    hidden, queries = model.hidden, found.heads * found.size
    down = hidden * (found.query_rank + found.size)
    yield Part(down, each("self_attn.fused_wqa_wkv"), "rank")
    yield Part(found.query_rank * queries, each("self_attn.wq_b"), "attention")
    yield Part(queries * found.output_rank, each("self_attn.wo_a"), "attention")
    out = found.groups * found.output_rank * hidden
    yield Part(out, each("self_attn.wo_b"), "attention")
    if found.ratio > 1:
        overlap = 2 if found.ratio == FINE else 1
        yield Part(2 * overlap * hidden * found.size, PLAIN, "rank")
        yield Part(found.ratio * overlap * found.size, ROUTER_BIAS, "rank")
    if found.indexer_size:
        size = found.indexer_size
        count = found.query_rank * found.indexer_heads * size
        yield Part(count, each("self_attn.indexer.wq_b"), "rank")
        yield Part(hidden * (found.indexer_heads + 4 * size), PLAIN, "rank")


def _state(model: Model, found: State, each: _Named) -> Iterator[Part]:
    hidden, values = model.hidden, found.heads * found.size
    keys = found.groups * found.state
    mixed = values + 2 * keys
    yield Part(mixed * found.kernel, PLAIN, "attention")
    yield Part(hidden * values, each("linear_attn.out_proj"), "attention")
    if found.kind == "kda":
        rank = found.size
        gates = hidden * values if found.full_gate else rank * (hidden + values)
        yield Part(hidden * (mixed + found.heads), each("self_attn.q_proj"), "attention")
        yield Part(gates, each("self_attn.g_proj"), "attention")
        yield Part(hidden * rank, each("self_attn.f_a_proj"), "rank")
        yield Part(rank * values, each("self_attn.f_b_proj"), "attention")
        yield Part(values + found.heads, ROUTER_BIAS, "attention")
        return
    name = "linear_attn.in_proj_qkv" if found.kind == "gdn" else "linear_attn.in_proj"
    yield Part(hidden * (mixed + values), each(name), "attention")
    gates = 2 if found.kind == "gdn" else 1
    yield Part(hidden * gates * found.heads, PLAIN, "attention")
    yield Part((2 if found.kind == "gdn" else 3) * found.heads, ROUTER_BIAS, "attention")


def _experts(model: Model, found: Experts, each: _Named, *, apart: bool) -> Iterator[Part]:
    """Give the parts of experts; ``apart`` from an MLP of the same layer, as Gemma 4 has them."""
    inner = found.latent or model.hidden
    count = found.matrices * inner * found.width * found.routed
    name = "experts.0.gate_proj" if apart else "mlp.experts.0.gate_proj"
    yield Part(count, each(name), "experts")
    if found.biased:
        yield Part(found.routed * (2 * found.width + inner), PLAIN, "experts")
    if found.shared:
        count = found.matrices * model.hidden * found.shared
        yield Part(count, each("mlp.shared_experts.gate_proj"), "shared")
    if found.latent:
        yield Part(2 * model.hidden * found.latent, each("mlp.fc1_latent_proj"), "rank")
    yield Part(model.hidden * found.routed, PLAIN, "rank")
    yield Part(found.routed, ROUTER_BIAS, "rank")
