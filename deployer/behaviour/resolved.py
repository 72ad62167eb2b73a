"""What a release of the engine decides by itself about one launch: the one place that says it.

    resolved(release).kv_cache_dtype
    -> Decision("fp8_e4m3", "memory.kv_cache_dtype", "0.5.10.post1 srt/server_args.py, ...")

Every value is worked out when it is first asked for. What rests on something unknown has no value
and says why; what rests on a part of a profile that is not right raises
:class:`~deployer.behaviour.stated.UnsoundError`. Values bear the engine's own names.
"""

from __future__ import annotations

import functools

from deployer.behaviour import attention, experts, fusion, pages, speculation
from deployer.behaviour.attention import FP8
from deployer.behaviour.checkpoints import Checkpoints, overridden, shipped
from deployer.behaviour.stated import Stated, of_release
from deployer.behaviour.subject import Decision, Subject
from deployer.release import Release


class Resolved:
    """The engine's decisions about a launch."""

    def __init__(self, said: Stated, checkpoints: Checkpoints) -> None:
        """Keep what decides; nothing is worked out yet."""
        self.subject = Subject(said, checkpoints)

    @property
    def nodes(self) -> int:
        """The machines of one replica."""
        return self.subject.number("--nnodes", 1)

    @property
    def sparse_attention(self) -> bool:
        """Whether the model has sparse attention (DSA)."""
        return self.subject.sparse_attention

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
    def eagle(self) -> Decision[str]:
        """The algorithm where the checkpoint's or a model's own draft is used; else empty."""
        return speculation.eagle(self.subject)


def resolved(release: Release, checkpoints: Checkpoints | None = None) -> Resolved:
    """Resolve a release, with what is known of its repositories, else with what is shipped."""
    said = of_release(release)
    return Resolved(said, overridden(said, checkpoints or shipped(said)))
