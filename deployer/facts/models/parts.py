"""The weights of a model, part by part: how many, of how many bytes, and how they are divided.

Source: the modules of SGLang 0.5.10.post1, ``models/deepseek_v2.py`` (which GLM-5 uses),
``models/deepseek_nextn.py``, ``layers/attention/nsa/nsa_indexer.py``, ``models/qwen3.py`` and
``models/qwen3_moe.py``: which of them are column- or row-parallel, and which replicated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from deployer.facts.models.model import Experts, GroupedAttention, LatentAttention, Model

Divided = Literal["attention", "keys", "tensor", "shared", "embedding", "head", "rank"]
"""Over what a part is divided: the ranks of attention, those up to the number of key heads, all
tensor-parallel ranks; a shared expert, the embedding and the output head have rules of their own;
``rank`` is a copy on every one."""

ROUTER_BIAS = 4
"""Bytes of a router's correction for one expert: FP32."""

GATED = 3
"""Matrices of an MLP whose activation is gated: up, gate, down."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some weights of one kind: ``each`` is the bytes of one."""

    count: int
    each: float
    divided: Divided


def layer(model: Model, index: int) -> Iterator[Part]:
    """Give the parts of one layer; those for multi-token prediction follow the model's own."""
    yield from attention(model)
    yield Part(2 * model.hidden, model.precision.other, "rank")
    sparse = index >= model.layers or model.sparse_layers[index]
    if sparse and model.experts is not None:
        yield from _experts(model, model.experts)
    else:
        count = GATED * model.hidden * model.intermediate
        yield Part(count, model.precision.mlp, "tensor")


def drafting(model: Model) -> Iterator[Part]:
    """Give the parts of the layers that draft: a layer each, and what joins it to the model.

    Embedding and output head are the model's own (``set_embed_and_head``).
    """
    for index in range(model.draft_layers):
        yield from layer(model, model.layers + index)
        count = 2 * model.hidden * model.hidden + 3 * model.hidden
        yield Part(count, model.precision.other, "rank")


def embedding(model: Model) -> Part:
    """Give the table of the input."""
    return Part(model.vocabulary * model.hidden, model.precision.other, "embedding")


def head(model: Model) -> Part:
    """Give the table of the output, which a tied one shares with the input."""
    return Part(model.vocabulary * model.hidden, model.precision.other, "head")


def attention(model: Model) -> Iterator[Part]:
    """Give the parts of one layer's attention."""
    found = model.attention
    if isinstance(found, GroupedAttention):
        return _grouped(model, found)
    return _latent(model, found)


def _grouped(model: Model, found: GroupedAttention) -> Iterator[Part]:
    hidden, each, other = model.hidden, model.precision.attention, model.precision.other
    queries, keys = found.heads * found.size, 2 * found.kv_heads * found.size
    yield Part(2 * hidden * queries, each, "attention")
    yield Part(hidden * keys, each, "keys")
    if found.biased:
        yield Part(queries, other, "attention")
        yield Part(keys, other, "keys")


def _latent(model: Model, found: LatentAttention) -> Iterator[Part]:
    hidden, each, other = model.hidden, model.precision.attention, model.precision.other
    key = found.nope + found.rope
    yield Part(hidden * (found.query_rank + found.latent + found.rope), each, "rank")
    yield Part((found.query_rank or hidden) * found.heads * key, each, "attention")
    yield Part(found.latent * found.heads * (found.nope + found.value), each, "attention")
    yield Part(found.heads * found.value * hidden, each, "attention")
    yield Part(found.query_rank + found.latent, other, "rank")
    if found.indexer_size:
        size = found.indexer_size
        yield Part((found.query_rank * found.indexer_heads + hidden) * size, each, "rank")
        yield Part(hidden * found.indexer_heads + 2 * size, other, "rank")


def _experts(model: Model, found: Experts) -> Iterator[Part]:
    each = model.precision.mlp
    yield Part(GATED * model.hidden * found.width * found.routed, each, "tensor")
    yield Part(GATED * model.hidden * found.shared, each, "shared")
    yield Part(model.hidden * found.routed, model.precision.other, "rank")
    yield Part(found.routed, ROUTER_BIAS, "rank")
