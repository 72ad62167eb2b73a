"""A profile as a verb works on it: compiled and resolved once, when somebody first asks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar, cast

from deployer.behaviour.checkpoints import Checkpoints, overridden, shipped
from deployer.behaviour.resolved import Resolved
from deployer.behaviour.stated import COUNT, GPU, REPO, VERSION, Setting, Stated, UnsoundError
from deployer.compile.arguments import arguments
from deployer.compile.derive import derived_fields
from deployer.compile.pin import pin_all
from deployer.compile.release import compile_profile, environment
from deployer.compile.startup import with_startup
from deployer.compile.warmup import of_batch
from deployer.lock.lock import Lock
from deployer.profile.fields import flagged_fields
from deployer.profile.model import Profile
from deployer.profile.partial import known, knows
from deployer.release import Argument, Release

MadeT = TypeVar("MadeT")


@dataclass(frozen=True)
class Case:
    """A profile, what it compiles to, and what the engine makes of that.

    The profile may be known in parts only (:mod:`deployer.profile.partial`): then ``said`` has
    what is known, and ``release`` raises. ``given`` are the facts of its repositories, None for
    those that are shipped. ``lock`` says what its names mean, where there is one that fits it.
    ``others`` are the profiles of its other shapes, in order.
    """

    profile: Profile
    given: Checkpoints | None = None
    lock: Lock | None = None
    others: tuple[Case, ...] = ()
    _made: dict[object, object] = field(default_factory=dict, repr=False, compare=False)

    def once(self, make: Callable[[Case], MadeT]) -> MadeT:
        """Give what a function makes of it; it is asked once, however many ask for that."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("MadeT", self._made[make])

    @functools.cached_property
    def release(self) -> Release:
        """The release that it and its lock compile to, with its other shapes.

        Raises UnsoundError for what is known in parts only.
        """
        if not self.others:
            return self.alone
        from deployer.compile.shapes import with_shapes  # noqa: PLC0415 - few profiles name others

        return with_shapes(self.alone, [each.alone for each in self.others])

    @functools.cached_property
    def alone(self) -> Release:
        """The release of this one shape; raises as :attr:`release` does."""
        for flag in self.said.unsound:
            raise UnsoundError(flag)
        compiled = self._with_batch(compile_profile(self.timed, self.arguments))
        return compiled if self.lock is None else pin_all(compiled, self.lock)

    def _with_batch(self, release: Release) -> Release:
        """Let a batch of the warm-up be as large as the engine's graphs."""
        if not any(each.kind == "batch" for each in release.warmup):
            return release
        graphs = self.resolved.graph_batches.value
        size = of_batch(graphs, self.profile.schedule.max_running_requests)
        warmup = (replace(w, repeat=size) if w.kind == "batch" else w for w in release.warmup)
        return replace(release, warmup=tuple(warmup))

    def each_shape(self) -> tuple[tuple[Release, Resolved], ...]:
        """Give each shape of the release, with what the engine makes of it."""
        cases = (self, *self.others)
        return tuple(zip(self.release.each_shape(), (c.resolved for c in cases), strict=True))

    @functools.cached_property
    def timed(self) -> Profile:
        """The profile with the budget of its start, which may follow from what it loads."""
        model = self.checkpoints.model
        return with_startup(self.profile, None if model is None else model.gib)

    @functools.cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """The engine's arguments, as far as the profile is known."""
        return arguments(self.profile, derived_fields(self.profile), known=True)

    @functools.cached_property
    def said(self) -> Stated:
        """What it says to the engine, by destination."""
        return Stated(
            facts=_facts(self.profile),
            arguments=self.arguments,
            environment=known(partial(_environment, self.profile)),
            unsound=_unsound(self.profile),
        )

    @functools.cached_property
    def checkpoints(self) -> Checkpoints:
        """What is known of the repositories that it loads."""
        return overridden(self.said, self.given or shipped(self.said))

    @functools.cached_property
    def resolved(self) -> Resolved:
        """What the engine makes of it."""
        return Resolved(self.said, self.checkpoints)


def _facts(profile: Profile) -> Mapping[str, str | int]:
    found: dict[str, str | int | None] = {
        VERSION: known(lambda: profile.engine.version),
        GPU: known(lambda: profile.hardware.gpu),
        COUNT: known(lambda: profile.hardware.count),
        REPO: known(lambda: profile.model.repo),
    }
    return {key: value for key, value in found.items() if value is not None}


def _environment(profile: Profile) -> Mapping[str, Setting]:
    return {one.name: Setting(one.value, one.source) for one in environment(profile)}


def _unsound(profile: Profile) -> frozenset[str]:
    """Give the flags of the fields that are not known."""
    found = set()
    for section, name, flag in flagged_fields():
        part = getattr(profile, section) if knows(profile, section) else None
        if not knows(profile, section) or (part is not None and not knows(part, name)):
            found.add(flag.name)
    return frozenset(found)
