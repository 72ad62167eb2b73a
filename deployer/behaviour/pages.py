"""The tokens of a page of the KV cache: what is stated, and what kernels force instead."""

from __future__ import annotations

from deployer.behaviour.subject import Decision, Subject

PAGE = "--page-size"
SPARSE = 64
FORCED = {"flashmla": 64, "cutlass_mla": 128}
"""Tokens of a page that the kernels force (0.5.10.post1 ``srt/server_args.py:1583,2325-2340``)."""


def page_size(subject: Subject) -> Decision[int]:
    """Give the tokens of a KV page: what the kernels force, what is stated, or SGLang's own 1."""
    rule = "0.5.10.post1 srt/server_args.py:1583,2325-2340"
    if subject.sparse_attention:
        return subject.decided(SPARSE, PAGE, "memory.page_size", rule)
    forced = FORCED.get(subject.said.value("--attention-backend"))
    if forced is not None:
        return subject.decided(forced, PAGE, "memory.page_size", rule)
    stated = subject.said.number(PAGE)
    if stated is not None:
        return subject.decided(stated, PAGE, "memory.page_size", "stated")
    return subject.decided(1, PAGE, "memory.page_size", "0.5.10.post1 srt/server_args.py")
