"""The two sides of a comparison: each a release, what the engine makes of it, and what it takes."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from deployer.behaviour.checkpoints import Checkpoints
from deployer.behaviour.kernel_key import KernelKey, key_of
from deployer.behaviour.kernel_need import unused
from deployer.behaviour.resolved import Resolved, resolved
from deployer.facts.prices import SHIPPED, Prices
from deployer.facts.sglang.catalogue import Catalogue, find
from deployer.release import Release

NO_CACHE = "none are kept: `modal.kernel_cache` names no volume"

Place = tuple[str, ...]
"""Where something lies: Modal's environment, the volume, and what tells it from others there."""


@dataclass(frozen=True)
class Side:
    """A release; ``resolved`` is what the engine makes of it."""

    release: Release
    resolved: Resolved

    @functools.cached_property
    def catalogue(self) -> Catalogue | None:
        """The flags of its engine, None for a release that is not known."""
        return find(self.release.engine.version)

    @functools.cached_property
    def weights(self) -> tuple[Place, ...]:
        """Where all weights lie that are downloaded, and which: the model's first."""
        modal = self.release.modal
        if modal is None:
            return ()
        where = modal.weights.environment or modal.environment, modal.weights.volume
        mount = PurePosixPath(modal.weights.path)
        return tuple(
            (*where, _inside(one.path, mount), one.repo, one.commit or one.revision)
            for one in self.release.sources()
        )

    @functools.cached_property
    def kernels(self) -> Place | None:
        """Where its compiled kernels lie, None where none are compiled."""
        modal = self.release.modal
        if modal is None or modal.kernel_cache is None or self.no_kernels:
            return None
        return modal.environment, modal.kernel_cache.volume, self.kernel_key.digest()

    @functools.cached_property
    def shapes(self) -> tuple[Side, ...]:
        """Every shape, the first first. Of the same repositories the same is known."""
        first, *others = self.release.each_shape()
        known = self.resolved.checkpoints
        return (replace(self, release=first), *(side(each, known) for each in others))

    @functools.cached_property
    def kernel_key(self) -> KernelKey:
        """What makes a cache of kernels valid for it."""
        return key_of(self.release)

    @functools.cached_property
    def no_kernels(self) -> str:
        """Why no kernel of DeepGEMM is compiled ahead; empty where some are."""
        if why := unused(self.release, self.resolved.model_config):
            return f"none are needed: {why}"
        modal = self.release.modal
        return "" if modal is None or modal.kernel_cache else NO_CACHE


def _inside(path: str, mount: PurePosixPath) -> str:
    """Give a folder as its volume knows it, wherever that is mounted."""
    found = PurePosixPath(path)
    return str(found.relative_to(mount)) if found.is_relative_to(mount) else path


def side(release: Release, given: Checkpoints | Resolved | None = None) -> Side:
    """Make a side of a release; ``given`` are its facts, or what was made of it already."""
    made = given if isinstance(given, Resolved) else resolved(release, given)
    return Side(release, made)


@dataclass(frozen=True)
class Pair:
    """One shape on both sides, None where it is new or gone; '' names the only one of both."""

    name: str
    before: Side | None
    after: Side | None
    prices: Prices = SHIPPED

    @property
    def sides(self) -> Sides | None:
        """The two sides, where there are two."""
        if self.before is None or self.after is None:
            return None
        return Sides(self.before, self.after, self.prices)


@dataclass(frozen=True)
class Sides:
    """Two releases that are compared. ``prices`` is the table that money is reckoned with."""

    before: Side
    after: Side
    prices: Prices = SHIPPED

    @property
    def old(self) -> Release:
        """The old release."""
        return self.before.release

    @property
    def new(self) -> Release:
        """The new release."""
        return self.after.release

    @functools.cached_property
    def shapes(self) -> tuple[Pair, ...]:
        """Pair the shapes of both sides by their GPUs, those of the new side first.

        The first ones that have no other are a pair: the deployment's GPUs have changed.
        """
        several = bool(self.old.shapes or self.new.shapes)
        old = {each.release.shape: each for each in self.before.shapes}
        new = {each.release.shape: each for each in self.after.shapes}
        first, was = next(iter(new)), next(iter(old))
        found = {name: old.pop(name, None) for name in new}
        if found[first] is None and was in old:
            found[first] = old.pop(was)
        names = [(name, found[name], new[name]) for name in new]
        gone = [(name, each, None) for name, each in old.items()]
        return tuple(
            Pair(name if several else "", before, after, self.prices)
            for name, before, after in (*names, *gone)
        )

    @property
    def old_catalogue(self) -> Catalogue | None:
        """The flags of the old release's engine."""
        return self.before.catalogue

    @property
    def new_catalogue(self) -> Catalogue | None:
        """The flags of the new release's engine."""
        return self.after.catalogue
