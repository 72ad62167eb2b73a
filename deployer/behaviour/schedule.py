"""What the engine schedules by itself: chunks, requests, and the batches that have CUDA graphs.

Source, read in the wheels: SGLang 0.5.10.post1 ``srt/server_args.py``
(``_handle_gpu_memory_settings``, ``_generate_cuda_graph_batch_sizes``,
``_handle_speculative_decoding``), 0.5.23 ``arg_groups/memory_hook.py`` and
``arg_groups/speculative_hook.py``; held against every release.
"""

from __future__ import annotations

from deployer.behaviour.fraction import MANY_RANKS, PREFILL_TOKENS, SIZES
from deployer.behaviour.subject import Decision, Subject
from deployer.facts.sglang.memory_rules import memory_rule

CHUNK, PREFILL = "--chunked-prefill-size", "--max-prefill-tokens"
REQUESTS, DRAFTS = "--max-running-requests", "--speculative-algorithm"
GRAPHS = ("--cuda-graph-max-bs", "--cuda-graph-max-bs-decode")
RULE = "0.5.10.post1 srt/server_args.py, _handle_gpu_memory_settings"

WITH_DRAFTS = 48
"""Requests at a time where drafts are made and nothing is stated."""

ONE_STEP = ((1, 3), (4, 13, 4), (16, 257, 8), (272, 512, 16), (512, 4097, 32))
DRAFTED = ((1, 9), (10, 33, 2), (40, 65, 4), (72, 257, 8), (272, 4097, 16))


def chunked_prefill_size(subject: Subject) -> Decision[int]:
    """Give the tokens of a chunk on one rank; no value where the GPU is not known."""
    key = "schedule.chunked_prefill_size"
    stated, own = subject.said.number(CHUNK), _sizes(subject)
    whole = own[0] if stated is None and own is not None else stated
    if whole is None:
        return subject.decided(None, CHUNK, key, "the GPU's memory is not known")
    ranks = subject.number("--dp-size", 1) if subject.said.has("--enable-dp-attention") else 1
    rule = RULE if stated is None or ranks > 1 else "stated"
    return subject.decided(whole // max(ranks, 1), CHUNK, key, rule)


def max_prefill_tokens(subject: Subject) -> Decision[int]:
    """Give the tokens of a batch of prompts where chunks do not bound it."""
    stated = subject.said.number(PREFILL)
    rule = "the engine's default" if stated is None else "stated"
    found = PREFILL_TOKENS if stated is None else stated
    return subject.decided(found, PREFILL, "schedule.max_prefill_tokens", rule)


def max_running_requests(subject: Subject) -> Decision[int]:
    """Give how many requests run at a time; no value where the pool decides it at the start."""
    key = "schedule.max_running_requests"
    stated = subject.said.number(REQUESTS)
    if stated is not None:
        return subject.decided(stated, REQUESTS, key, "stated")
    if subject.said.has(DRAFTS):
        rule = "0.5.10.post1 srt/server_args.py, _handle_speculative_decoding"
        return subject.decided(WITH_DRAFTS, REQUESTS, key, rule)
    return subject.decided(None, REQUESTS, key, "the pool decides it at the start")


def graph_batches(subject: Subject) -> Decision[tuple[int, ...]]:
    """Give the batches of decoding that have a CUDA graph; no value where it is not known."""
    key = "kernels.cuda_graph_max_bs"
    stated = next((n for flag in GRAPHS if (n := subject.said.number(flag)) is not None), None)
    own = _sizes(subject)
    most = stated if stated is not None else own and own[1]
    if most is None:
        return subject.decided(None, GRAPHS[0], key, "the GPU's memory is not known")
    steps = DRAFTED if subject.said.has(DRAFTS) else ONE_STEP
    found = tuple(size for step in steps for size in range(*step) if size <= most)
    rule = "0.5.10.post1 srt/server_args.py, _generate_cuda_graph_batch_sizes"
    return subject.decided(found, GRAPHS[0], key, rule)


def _sizes(subject: Subject) -> tuple[int, int] | None:
    """Give the chunk and the largest batch with a graph, by the GPU's memory."""
    if subject.gpu is None:
        return None
    rule = memory_rule(subject.said.version)
    chunk, few, many = next(rest for below, *rest in SIZES if subject.gpu.memory / 1024 < below)
    if not chunk:
        chunk, few, many = rule.small
    batch = few if subject.number("--tp-size", 1) < MANY_RANKS else many
    requests = subject.said.number(REQUESTS)
    return chunk, min(batch, requests) if rule.capped and requests else batch
