"""The repositories that a launch loads, as far as anybody knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from deployer.behaviour.stated import Stated
from deployer.facts.models import catalogue
from deployer.facts.models.checkpoint import CONFIG, Checkpoint, from_files
from deployer.facts.sglang.json_values import NoObjectError, read_object

DRAFT = "--speculative-draft-model-path"
OVERRIDES = "--json-model-override-args"
MERGED = frozenset({"rope_scaling", "rope_parameters"})
"""Keys whose values are merged one by one, as those of a nested configuration are (0.5.23
``utils/hf_transformers/config.py:405-425``; older releases put the new value in place of both)."""


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


def overridden(said: Stated, found: Checkpoints) -> Checkpoints:
    """Give the model with its configuration as `--json-model-override-args` changes it.

    A value that is no JSON object changes nothing: that is a mistake of its own.
    """
    text = said.value(OVERRIDES)
    if found.model is None or not text:
        return found
    try:
        changes = read_object(text)
    except NoObjectError:
        return found
    return replace(found, model=_with(found.model, changes)) if changes else found


def _with(model: Checkpoint, changes: Mapping[str, Any]) -> Checkpoint:
    config = dict(model.config)
    for key, value in changes.items():
        own = config.get(key)
        nested = key.endswith("_config") or key in MERGED
        merges = nested and isinstance(value, dict) and isinstance(own, Mapping)
        config[key] = {**(own or {}), **value} if merges else value
    documents = {**model.documents, CONFIG: config}
    read = from_files(model.repo, model.commit, documents, model.files, source=model.source)
    return replace(model, documents=documents, model=read.model, not_understood=read.not_understood)
