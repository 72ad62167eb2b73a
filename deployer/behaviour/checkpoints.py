"""The repositories that a launch loads, as far as anybody knows them."""

from __future__ import annotations

from dataclasses import dataclass

from deployer.behaviour.stated import Stated
from deployer.facts.models import catalogue
from deployer.facts.models.checkpoint import Checkpoint

DRAFT = "--speculative-draft-model-path"


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The model, the draft model and the adapters; None where nothing is known of one.

    Whoever has a lock, or has asked the hub, hands in what it knows; else what is shipped counts
    (:func:`shipped`).
    """

    model: Checkpoint | None = None
    draft: Checkpoint | None = None
    adapters: tuple[Checkpoint, ...] = ()


def shipped(said: Stated) -> Checkpoints:
    """Give what is shipped of the model and of the draft model that a launch names."""
    return Checkpoints(catalogue.find(said.repo), catalogue.find(said.value(DRAFT)))
