"""A prefill chunk has more tokens than TRT-LLM's sparse kernels can be launched for.

Why it hurts: they put each token into a dimension of the grid of which CUDA allows 65,535. Beyond
it no kernel runs, nothing is raised, and attention's output is whatever lay in memory: garbage, or
a crash where probabilities are drawn from it.

Instead of ``-`` write ``+``::

      model:
        repo: nvidia/GLM-5.2-NVFP4
      engine:
        version: 0.5.14
      hardware:
        gpu: B200
      schedule:
    -   chunked_prefill_size: 131072
    +   chunked_prefill_size: 16384

Source: sgl-project/sglang#34941 and 34947 (read: 65,535 tokens work, 65,536 do not; August 2026,
open) and 29453 (read: GLM-5.2 with chunks of 131,072; the maintainers say 8192 or 16384); 0.5.23
guards only decode context parallelism (``layers/attention/dsa/dsa_dcp.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import attention_ranks
from deployer.finding import Severity

GRID = 65_535
"""Blocks in the second and third dimension of a grid (CUDA Programming Guide, compute
capabilities)."""


def find(case: Case) -> Iterator[Problem]:
    """Compare what one rank prefills at once with the grid."""
    chunk = case.said.option("--chunked-prefill-size")
    number = case.said.signed("--chunked-prefill-size")
    if chunk is None or number is None or case.resolved.dsa_prefill_backend.value != "trtllm":
        return
    ranks = attention_ranks(case.profile)
    if number <= 0 or number // ranks > GRID:
        tokens = f"{number // ranks:,} tokens" if number > 0 else "as many tokens as a prompt has"
        yield Problem(
            chunk.path,
            f"a chunk of {tokens} is more than the {GRID:,} that `trtllm` prefill can be launched "
            "for: above it no attention is computed, and nothing is said",
            "write 16384 or 8192",
        )


RULE = Rule(
    "chunk-beyond-grid",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/issues/34947",
    gpus=("sm100",),
)
