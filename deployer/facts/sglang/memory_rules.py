"""What an engine release keeps free when nobody states `mem_fraction_static`, release by release.

Read in every wheel from 0.5.9 to 0.5.23: ``srt/server_args.py``, ``_handle_gpu_memory_settings``,
until 0.5.18, ``srt/arg_groups/memory_hook.py`` and ``cuda_graph_hook.py`` after; each row was
found in the first release that has it. Sizing after the capture of graphs
(``SGLANG_ENABLE_POST_CAPTURE_KV_SIZING``) is off by default in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from deployer.facts.sglang.versions import release_key


@dataclass(frozen=True, slots=True)
class MemoryRule:
    """The rule of a release and of those after it. Sizes are MiB.

    ``draft`` is reserved for a model that drafts. ``prefill_graphs`` says whether graphs of
    prefill are captured by default, the others what switches them off: speculation, an indexer,
    latent attention (``but_sparse``: not that with an indexer), data-parallel attention, an
    all-to-all backend, pipelines. ``unused_graphs`` says that graphs of decoding count even where
    they are switched off, and ``capped`` that no more are captured than requests run. ``small`` is
    the chunk and the largest batches (below 4 ranks, and from there) on GPUs below 35 GiB.
    ``deepep`` is for its buffers.
    """

    since: str
    draft: int = 0
    prefill_graphs: bool = True
    not_with_drafts: bool = False
    not_sparse: bool = False
    not_latent: bool = False
    but_sparse: bool = False
    not_data_parallel: bool = True
    not_exchange: bool = True
    not_staged: bool = True
    unused_graphs: bool = True
    capped: bool = False
    small: tuple[int, int, int] = (2048, 24, 80)
    deepep: int = 0


FIRST = MemoryRule("0.5.9", draft=2048, prefill_graphs=False)
PIECEWISE = replace(
    FIRST, since="0.5.10", draft=4096, prefill_graphs=True, not_with_drafts=True, not_sparse=True
)
WITH_DRAFTS = replace(PIECEWISE, since="0.5.11", not_with_drafts=False)
SPARSE = replace(WITH_DRAFTS, since="0.5.13", not_sparse=False)
NO_DRAFT = replace(SPARSE, since="0.5.14", draft=0)
BREAKABLE = replace(
    NO_DRAFT, since="0.5.15", not_latent=True, not_staged=False, unused_graphs=False, deepep=2048
)
SPARSE_AGAIN = replace(
    BREAKABLE, since="0.5.17", but_sparse=True, not_data_parallel=False, not_exchange=False
)
LATENT = replace(SPARSE_AGAIN, since="0.5.18", not_latent=False)
RULES = (
    FIRST,
    PIECEWISE,
    WITH_DRAFTS,
    SPARSE,
    NO_DRAFT,
    BREAKABLE,
    SPARSE_AGAIN,
    LATENT,
    replace(LATENT, since="0.5.19", not_staged=True),
    replace(LATENT, since="0.5.20", not_staged=True, small=(4096, 48, 160)),
    replace(LATENT, since="0.5.22", not_staged=True, small=(4096, 48, 160), capped=True),
)
"""In the order of their releases."""


def memory_rule(version: str) -> MemoryRule:
    """Give the rule of a release: the newest one that is not newer; the first for older ones."""
    key = release_key(version)
    return next((rule for rule in reversed(RULES) if release_key(rule.since) <= key), FIRST)
