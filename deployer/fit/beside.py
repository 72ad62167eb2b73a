"""What a running engine says of its memory, beside what was reckoned for its release."""

from __future__ import annotations

from collections.abc import Sequence

from deployer.behaviour.unknown import NoEstimate
from deployer.facts.models.checkpoint import Checkpoint
from deployer.fit.reckoned import Reckoned, reckoned
from deployer.release import Release


def beside(
    release: Release,
    tokens: Sequence[int],
    weights: Sequence[float],
    checkpoint: Checkpoint | None = None,
) -> str:
    """Say how the pool and the weights of each replica stand beside what was reckoned.

    The sentence begins with `as reckoned`, `not as reckoned` or `not compared`. ``tokens`` and
    ``weights`` (GiB of one GPU) are what each replica said; where none said anything, so says this.
    """
    if not tokens:
        return "not compared: the engine did not say what it holds"
    expected = reckoned(release, checkpoint)
    if isinstance(expected, NoEstimate):
        return f"not compared: {expected.reason}"
    off = [*_pool(tokens, expected), *_weights(weights, expected)]
    if len(tokens) != expected.replicas:
        off.append(f"{len(tokens)} of {expected.replicas} replicas said anything")
    if off:
        return f"not as reckoned: {'; '.join(off)}"
    return (
        f"as reckoned: {_spread(tokens)} tokens where {expected.tokens:,} were"
        f"{', as many as the release lets there be' if expected.capped else ''}, and "
        f"{max(weights):.2f} GiB of weights where {expected.weights:.2f} were"
    )


def _pool(tokens: Sequence[int], expected: Reckoned) -> list[str]:
    if not expected.tokens:
        return [f"the pool has {_spread(tokens)} tokens where no room for one was reckoned"]
    worst = max(tokens, key=lambda each: abs(each - expected.tokens))
    share = 100 * (worst / expected.tokens - 1)
    if abs(share) <= expected.band:
        return []
    return [
        (
            f"the pool has {worst:,} tokens, {share:+.1f} % of the {expected.tokens:,} that were "
            f"reckoned, which may be off by {expected.band} %"
        )
    ]


def _weights(weights: Sequence[float], expected: Reckoned) -> list[str]:
    worst = max(weights, key=lambda each: abs(each - expected.weights))
    if abs(worst - expected.weights) <= expected.amiss:
        return []
    return [
        (
            f"the weights take {worst:.2f} GiB of a GPU where {expected.weights:.2f} were "
            f"reckoned, which may be off by {expected.amiss:g}"
        )
    ]


def _spread(tokens: Sequence[int]) -> str:
    return " and ".join(f"{each:,}" for each in dict.fromkeys(tokens))
