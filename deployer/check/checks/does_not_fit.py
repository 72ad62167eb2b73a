"""The weights do not fit into the GPUs, or leave no room for a KV pool.

Why it hurts: SGLang reads hundreds of gigabytes first and fails after: out of memory while it
loads, or with "Not enough memory. Please try to increase --mem-fraction-static" when it sizes the
pool. Minutes of every GPU are paid for, at each attempt.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
    -   gpu: H100
    +   gpu: H200
        count: 8

Source: the shapes of the model (``deployer/facts/models/``) divided as SGLang divides them, and its
formula of the pool (0.5.10.post1 ``model_executor/model_runner_kv_cache_mixin.py``,
``profile_max_num_token``; `MemoryPoolConfig` raises where nothing is left). What is amiss by less
than 1 GiB, as far as pools were off, is told by `pool-below-one-context` instead. Where the shapes
are not understood and a lock says how many bytes the weights are, these are held against the memory
of all GPUs together. A draft model of its own and adapters are not reckoned: what the model alone
takes is the least. Where neither is known, `memory-not-looked-at` says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.behaviour import room
from deployer.check.memory import FRACTION, at_least, fit_of, place, too_large
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.fit.fit import Fit

CHUNK = "--chunked-prefill-size"


def find(case: Case) -> Iterator[Problem]:
    """Compare the weights with the GPU, and with what the fraction leaves."""
    found = fit_of(case)
    if found is None:
        found = at_least(case)
        if found is None:
            yield from _by_bytes(case)
            return
        if not found.stated and found.weights + found.copies <= found.total - found.taken:
            return  # the engine's own fraction is another one with what is beside the model
    if not too_large(found):
        return
    usable = found.total - found.taken
    weights = found.weights + found.copies
    if weights > usable:
        yield Problem(
            ("hardware", "gpu"),
            f"each GPU would hold {weights:.1f} GiB of weights, and {found.gpu} has {usable:.1f}",
            "divide them over more GPUs, or take larger ones",
        )
        return
    if not found.stated and found.fraction <= 0:
        yield Problem(
            place(case, CHUNK),
            f"for chunks and batches of these sizes the engine keeps {found.own.reserved:.1f} GiB "
            f"free, and {found.gpu} has {found.total:.1f}: nothing is left for weights and pool",
            "make chunks or batches smaller, or state `memory.mem_fraction_static`",
        )
        return
    yield Problem(
        place(case, FRACTION),
        f"{weights:.1f} GiB of weights on each GPU are more than {found.fraction:g} of the "
        f"{usable:.1f} GiB of {found.gpu}, so no room is left for the KV pool",
        _hint(found),
    )


def _by_bytes(case: Case) -> Iterator[Problem]:
    """Hold the bytes of the weights against all memory there is: they fit nowhere else."""
    known = case.checkpoints.model
    if known is None or known.weight_bytes is None:
        return
    if why := room.too_large(case.release, known.weight_bytes, known.config):
        yield Problem(("hardware", "gpu"), why, "take more or larger GPUs")


def _hint(found: Fit) -> str:
    if found.smallest is None:
        return "divide the weights over more GPUs, or take larger ones"
    smallest = f"memory.mem_fraction_static: {found.smallest:.2f}"
    return f"write at least `{smallest}`, which leaves room for one full context"


RULE = Rule(
    "does-not-fit",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/hyperparameter_tuning.html",
)
