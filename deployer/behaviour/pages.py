"""The tokens of a page of the KV cache: what is stated, and what kernels force instead.

Source: SGLang 0.5.10.post1 ``srt/server_args.py:1583,2325-2412,2546``; held against every release.
"""

from __future__ import annotations

from deployer.behaviour.backends import attention_backend
from deployer.behaviour.subject import Decision, Subject

PAGE = "--page-size"
KEY = "memory.page_size"
SPARSE = 64
RULE = "0.5.10.post1 srt/server_args.py:1583,2325-2412"

FORCED = {"flashmla": 64, "cutlass_mla": 128, "dsv4": 256}
"""Tokens of a page that the kernels force, whatever is stated."""

TAKEN = {"trtllm_mla": (32, 64), "trtllm_mha": (16, 32, 64)}
"""Pages that the kernels can take; anything else becomes 64."""

ELSE = 64


def page_size(subject: Subject) -> Decision[int]:
    """Give the tokens of a KV page: what the kernels force, what is stated, or SGLang's own 1.

    There is no value where the kernels are not known, and some that force a page may be taken.
    """
    if subject.sparse_attention:
        return subject.decided(SPARSE, PAGE, KEY, RULE)
    stated, kernels = subject.said.number(PAGE), attention_backend(subject).value
    if kernels is None and subject.sm100 and stated not in TAKEN["trtllm_mla"]:
        return subject.decided(None, PAGE, KEY, "the attention backend is not known here")
    if kernels in FORCED:
        return subject.decided(FORCED[kernels], PAGE, KEY, RULE)
    if kernels in TAKEN and stated not in TAKEN[kernels]:
        return subject.decided(ELSE, PAGE, KEY, RULE)
    if stated is not None:
        return subject.decided(stated, PAGE, KEY, "stated")
    return subject.decided(1, PAGE, KEY, "0.5.10.post1 srt/server_args.py:2546")
