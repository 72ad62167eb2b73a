"""What more or fewer draft tokens mean for memory.

The draft layer's cache is one of the layers that every token has, so the pool stays as it is.
With overlapped speculation a running request reserves twice the tokens of one step (SGLang
0.5.10.post1 ``managers/utils.py:197`` and ``speculative/eagle_info_v2.py:99``, 0.5.23
``mem_cache/allocation_sizing.py``), and CUDA graphs are captured for as many tokens a request as
are verified at once (0.5.10.post1 ``model_executor/cuda_graph_runner.py:559``). How much memory
those graphs take is known only where they are captured.
"""

from __future__ import annotations

from deployer.release import Release

NUMBERS = (
    "--speculative-num-steps",
    "--speculative-eagle-topk",
    "--speculative-num-draft-tokens",
    "--max-running-requests",
)


WHY = (
    "running requests reserve tokens of the pool for drafts, and CUDA graphs are captured for the "
    "tokens that are verified at once"
)


def memory(old: Release, new: Release) -> str:
    """Say what changes in the pool and beside it, in a sentence; nothing where nothing does.

    The numbers are known only where both sides state them, or let them follow.
    """
    before, after = _numbers(old), _numbers(new)
    if before is None or after is None or before == after:
        return ""
    was, now = _reserved(before), _reserved(after)
    ran, runs = before["--max-running-requests"], after["--max-running-requests"]
    total = (
        f" ({now * runs:,} for {runs} requests{_of(was * ran, now * runs)})" if ran * runs else ""
    )
    drafted, drafts = (side["--speculative-num-draft-tokens"] for side in (before, after))
    return (
        f"a running request reserves up to {now} tokens of the pool{_of(was, now)}{total}, and "
        f"CUDA graphs are captured for {drafts} tokens a request{_of(drafted, drafts)}, in memory "
        "outside the pool"
    )


def _of(before: int, after: int) -> str:
    """Say what a number was, where it was another."""
    return f" instead of {before:,}" if before != after else ", as before"


def _reserved(numbers: dict[str, int]) -> int:
    steps = numbers["--speculative-num-steps"] * (numbers["--speculative-eagle-topk"] or 1)
    return 2 * max(steps, numbers["--speculative-num-draft-tokens"])


def _numbers(release: Release) -> dict[str, int] | None:
    """Read the numbers; None where those that count are not stated, so that the engine decides."""
    stated = {a.flag: a.values[0] for a in release.arguments if a.flag in NUMBERS and a.values}
    if not all(value.isdigit() for value in stated.values()):
        return None
    if any(name not in stated for name in (NUMBERS[0], NUMBERS[2])):
        return None
    return {name: int(stated.get(name, 0)) for name in NUMBERS}
