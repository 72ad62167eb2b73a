"""The pages that a profile's attention kernels force on the KV cache."""

from __future__ import annotations

from deployer.check.sparse import is_sparse
from deployer.profile.model import Profile

SPARSE_PAGE = 64
PAGES = {"flashmla": 64, "cutlass_mla": 128}
"""Tokens of a page that the kernels force (0.5.10.post1 ``srt/server_args.py:1583,2325-2340``)."""


def page_size(profile: Profile) -> int:
    """Give the tokens of a KV page: what the kernels force, what is stated, or SGLang's own 1."""
    if is_sparse(profile):
        return SPARSE_PAGE
    return PAGES.get(profile.kernels.attention or "", profile.memory.page_size or 1)
