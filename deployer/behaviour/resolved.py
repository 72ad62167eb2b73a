"""What a release of the engine decides by itself about one launch: the one place that says it.

    resolved(release).kv_cache_dtype
    -> Decision("fp8_e4m3", "memory.kv_cache_dtype", "0.5.10.post1 srt/server_args.py, ...")

Every value is worked out when it is first asked for. What rests on something unknown has no value
and says why; what rests on a part of a profile that is not right raises
:class:`~deployer.behaviour.stated.UnsoundError`. Values bear the engine's own names.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from deployer.behaviour import (
    attention,
    backends,
    experts,
    fusion,
    pages,
    parsers,
    schedule,
    speculation,
)
from deployer.behaviour.attention import FP8
from deployer.behaviour.checkpoints import Checkpoints, overridden, shipped
from deployer.behaviour.stated import Stated, of_release
from deployer.behaviour.subject import Decision, Subject
from deployer.facts.models.config import BESIDE, with_quantization
from deployer.release import Release


class Resolved:
    """The engine's decisions about a launch."""

    def __init__(self, said: Stated, checkpoints: Checkpoints) -> None:
        """Keep what decides; nothing is worked out yet."""
        self.subject = Subject(said, checkpoints)

    @property
    def checkpoints(self) -> Checkpoints:
        """What is known of the repositories that it loads."""
        return self.subject.checkpoints

    @property
    def nodes(self) -> int:
        """The machines of one replica."""
        return self.subject.number("--nnodes", 1)

    @property
    def sparse_attention(self) -> bool:
        """Whether the model has sparse attention (DSA)."""
        return self.subject.sparse_attention

    @property
    def model_config(self) -> Mapping[str, Any] | None:
        """The model's own configuration, and how its checkpoint is quantized; None if unknown."""
        known = self.subject.checkpoints.model
        if known is None or not known.config:
            return None
        return with_quantization(known.config, known.documents.get(BESIDE, {}))

    @functools.cached_property
    def kv_cache_dtype(self) -> Decision[str]:
        """The dtype of the KV cache; `auto` where it is the model's own."""
        return attention.kv_cache_dtype(self.subject)

    @property
    def sparse_fp8(self) -> bool:
        """Whether sparse attention has an FP8 KV cache."""
        return self.sparse_attention and self.kv_cache_dtype.value == FP8

    @functools.cached_property
    def sparse_kernels(self) -> tuple[Decision[str], Decision[str]]:
        """The kernels of sparse attention for prefill and decode; empty where there is none."""
        return attention.sparse_kernels(self.subject, self.kv_cache_dtype.value)

    @property
    def dsa_prefill_backend(self) -> Decision[str]:
        """The kernels of sparse attention for prefill; empty where there is none."""
        return self.sparse_kernels[0]

    @property
    def dsa_decode_backend(self) -> Decision[str]:
        """The kernels of sparse attention for decoding; empty where there is none."""
        return self.sparse_kernels[1]

    @functools.cached_property
    def attention_backend(self) -> Decision[str]:
        """The attention backend; of prefill alone where :attr:`decode_attention_backend` differs.

        No value where the rule for the model is not known.
        """
        return backends.attention_backend(self.subject)

    @functools.cached_property
    def decode_attention_backend(self) -> Decision[str]:
        """The attention backend of decoding where it is another one; else empty."""
        return backends.decode_backend(self.subject)

    @functools.cached_property
    def moe_runner_backend(self) -> Decision[str]:
        """The kernels of the experts."""
        return experts.moe_runner_backend(self.subject)

    @functools.cached_property
    def allreduce_fusion(self) -> Decision[str]:
        """The backend of all-reduce fusion; empty where it is off."""
        return fusion.allreduce_fusion(self.subject)

    @functools.cached_property
    def page_size(self) -> Decision[int]:
        """The tokens of a page of the KV cache."""
        return pages.page_size(self.subject)

    @functools.cached_property
    def chunked_prefill_size(self) -> Decision[int]:
        """The tokens of a chunk of a prompt on one rank."""
        return schedule.chunked_prefill_size(self.subject)

    @functools.cached_property
    def max_prefill_tokens(self) -> Decision[int]:
        """The tokens of a batch of prompts."""
        return schedule.max_prefill_tokens(self.subject)

    @functools.cached_property
    def max_running_requests(self) -> Decision[int]:
        """The requests that run at a time; no value where the pool decides at the start."""
        return schedule.max_running_requests(self.subject)

    @functools.cached_property
    def graph_batches(self) -> Decision[tuple[int, ...]]:
        """The batches of decoding that have a CUDA graph."""
        return schedule.graph_batches(self.subject)

    @functools.cached_property
    def eagle(self) -> Decision[str]:
        """The algorithm where the checkpoint's or a model's own draft is used; else empty."""
        return speculation.eagle(self.subject)

    @functools.cached_property
    def overlapped_drafts(self) -> Decision[str]:
        """Whether drafting overlaps with the CPU's work: `on`, `off`, nothing without drafts."""
        return speculation.overlapped(self.subject)

    @functools.cached_property
    def reasoning_detector(self) -> Decision[str]:
        """What tells the thinking from the answer, where a parser's name changed its meaning."""
        return parsers.reasoning_detector(self.subject)

    @property
    def decisions(self) -> Iterator[tuple[str, Decision[Any]]]:
        """Every value that the engine may choose by itself, with what it is in a reader's words."""
        yield "the KV dtype", self.kv_cache_dtype
        yield "the kernels of sparse attention for prefill", self.dsa_prefill_backend
        yield "the kernels of sparse attention for decoding", self.dsa_decode_backend
        yield "the attention backend", self.attention_backend
        yield "the attention backend of decoding", self.decode_attention_backend
        yield "the kernels of the experts", self.moe_runner_backend
        yield "all-reduce fusion", self.allreduce_fusion
        yield "the tokens of a page", self.page_size
        yield "the tokens of a chunk on one rank", self.chunked_prefill_size
        yield "the tokens of a batch of prompts", self.max_prefill_tokens
        yield "the requests that run at a time", self.max_running_requests
        yield "the batches that have a CUDA graph", self.graph_batches
        yield "overlapped speculation", self.overlapped_drafts
        yield "the parser behind `glm45`", self.reasoning_detector


def resolved(release: Release, checkpoints: Checkpoints | None = None) -> Resolved:
    """Resolve a release, with what is known of its repositories, else with what is shipped."""
    said = of_release(release)
    return Resolved(said, overridden(said, checkpoints or shipped(said)))
