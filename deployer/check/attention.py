"""What a profile says of its attention kernels, and the pages that they force on the KV cache."""

from __future__ import annotations

from deployer.facts.models import MODELS
from deployer.profile.model import Profile

SPARSE = frozenset({"nsa", "dsa"})
"""Both names of DeepSeek sparse attention: `dsa` from 0.5.13 on."""

PAGES = {"nsa": 64, "dsa": 64, "flashmla": 64, "cutlass_mla": 128}
"""Tokens of a page that the kernels force (0.5.10.post1 ``srt/server_args.py:1583,2325-2340``)."""


def sparse(profile: Profile) -> bool:
    """Whether the model attends sparsely, as far as profile and model facts tell."""
    if profile.kernels.attention is not None:
        return profile.kernels.attention in SPARSE
    known = MODELS.get(profile.model.repo)
    return known is not None and known.sparse_attention


def page_size(profile: Profile) -> int:
    """Give the tokens of a KV page: what the kernels force, what is stated, or SGLang's own 1."""
    kernels = "nsa" if sparse(profile) else profile.kernels.attention
    return PAGES.get(kernels or "", profile.memory.page_size or 1)
