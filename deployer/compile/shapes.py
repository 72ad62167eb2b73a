"""One deployment of several shapes: what all of them share, and what is each one's own.

A shape is a release of its own, compiled from its own profile for its own GPUs. Modal makes one
function of them all, which has one limit and one timeout of each kind: a container must hold what
the limit lets in, whichever GPUs it got, and must be given the time that its shape needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deployer.release import ModalParameters, Release

SMALLER = ("max_inputs", "target_inputs")
"""Parameters of which all shapes have the smallest; 0 is no limit."""

LARGER = ("timeout", "startup_timeout", "cpu", "cpu_limit", "memory", "memory_limit")
"""Parameters of which all shapes have the largest. Of the two limits 0 is none, and so the largest
there is."""

UNBOUND = frozenset({"cpu_limit", "memory_limit"})

EACH_ITS_OWN = ("jit_caches", "kernel_weights", "kernel_walk")
"""What a container does by itself once it knows its shape."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A parameter that the shapes do not have in common, and what the deployment has of it."""

    name: str
    value: float
    of: tuple[float, ...]


def with_shapes(first: Release, others: Sequence[Release]) -> Release:
    """Give the release of a deployment: of its first shape, with the others in order.

    What makes the deployment (its app, its scaling, its volumes) is the first one's.
    """
    modal = first.modal
    if modal is None or not others:
        return first
    values: dict[str, Any] = {one.name: one.value for one in settled((first, *others))}
    one_for_all = replace(modal, **values)
    return replace(
        first,
        modal=one_for_all,
        shapes=tuple(
            replace(other, modal=_own(other.modal, one_for_all))
            for other in others
            if other.modal is not None
        ),
    )


def settled(shapes: Sequence[Release]) -> Iterator[Settled]:
    """Give the parameters that differ among shapes, each with what it comes to."""
    found = [shape.modal for shape in shapes if shape.modal is not None]
    for name in (*SMALLER, *LARGER):
        values = tuple(getattr(one, name) for one in found)
        if len(set(values)) > 1:
            yield Settled(name, _settled(name, values), values)


def _settled(name: str, values: tuple[float, ...]) -> float:
    if name in LARGER:
        return min(values) if name in UNBOUND and 0 in values else max(values)
    return min(value for value in values if value)


def _own(of: ModalParameters, one_for_all: ModalParameters) -> ModalParameters:
    """Give a shape the deployment's parameters, and what it does by itself."""
    return replace(one_for_all, **{name: getattr(of, name) for name in EACH_ITS_OWN})
