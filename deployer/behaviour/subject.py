"""What the engine's own rules ask about: the command line, the model, the GPU, the release."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Generic, TypeVar

from deployer.behaviour.architecture import Architecture, architecture
from deployer.behaviour.checkpoints import Checkpoints
from deployer.behaviour.stated import Stated
from deployer.facts.gpus import GPUS, Gpu
from deployer.facts.models.model import Model
from deployer.facts.sglang.versions import release_key

ValueT = TypeVar("ValueT")

BLACKWELL = 10
"""The first number of the compute capability of Blackwell and what came after it."""

STATED = "stated"
"""The source of what a command line says itself."""


@dataclass(frozen=True, slots=True)
class Decision(Generic[ValueT]):
    """A value that the engine will use: ``value`` is None where it is not known, ``source`` why.

    ``key`` is the YAML key that states it, or would. ``source`` is :data:`STATED`, or the file of
    a release that holds the rule. The text of what is switched off is empty.
    """

    value: ValueT | None
    key: str
    source: str = STATED

    @property
    def path(self) -> tuple[str | int, ...]:
        """The parts of the key."""
        return tuple(self.key.split("."))

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    @property
    def stated(self) -> bool:
        """Whether the command line says it."""
        return self.source == STATED


@dataclass(frozen=True)
class Subject:
    """One launch of the engine."""

    said: Stated
    checkpoints: Checkpoints

    @property
    def model(self) -> Model | None:
        """The shapes of the model, where they are known."""
        known = self.checkpoints.model
        return None if known is None else known.model

    @functools.cached_property
    def architecture(self) -> Architecture:
        """Which model it is."""
        return architecture(self.said.repo, self.checkpoints.model)

    @functools.cached_property
    def gpu(self) -> Gpu | None:
        """The GPU, where it is known."""
        return GPUS.get(self.said.gpu)

    @functools.cached_property
    def sparse_attention(self) -> bool:
        """Whether the engine takes sparse attention (DSA): by the model, else by what is asked."""
        if self.architecture.name:
            return self.architecture.sparse_attention
        return self.said.value("--attention-backend") in {"nsa", "dsa"}

    @property
    def blackwell(self) -> bool:
        """Whether the GPU is of compute capability 10 or later."""
        return self.gpu is not None and self.gpu.capability[0] >= BLACKWELL

    @property
    def sm100(self) -> bool:
        """Whether it is a B200 or a B300 (``is_sm100_supported``)."""
        return self.gpu is not None and self.gpu.architecture == "sm100"

    @property
    def sm90(self) -> bool:
        """Whether it is an H100 or an H200 (``is_sm90_supported``)."""
        return self.gpu is not None and self.gpu.architecture == "sm90"

    @property
    def sm120(self) -> bool:
        """Whether it is an RTX PRO 6000 (``is_sm120_supported``)."""
        return self.gpu is not None and self.gpu.architecture == "sm120"

    @property
    def all_to_all(self) -> bool:
        """Whether tokens are carried to experts on other ranks, for which kernels are others."""
        return self.said.value("--moe-a2a-backend") not in {"", "none"}

    def since(self, version: str) -> bool:
        """Whether the release is this one or a later one."""
        return release_key(self.said.version) >= release_key(version)

    def between(self, since: str, before: str) -> bool:
        """Whether the release is ``since`` or later, and before ``before``."""
        return self.since(since) and not self.since(before)

    def number(self, flag: str, otherwise: int) -> int:
        """Give a whole number that is stated, or another where none is."""
        found = self.said.number(flag)
        return otherwise if found is None else found

    def stated(self, flag: str) -> Decision[str] | None:
        """Give what is stated for an option, ``auto`` counting as nothing."""
        found = self.said.option(flag)
        if found is None or found.value == "auto":
            return None
        return Decision(found.value, found.source)

    def decided(self, value: ValueT | None, flag: str, key: str, source: str) -> Decision[ValueT]:
        """Make a decision of the engine's own about an option."""
        return Decision(value, self.said.place(flag, key), source)
