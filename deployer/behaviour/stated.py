"""What a launch says to the engine, however it says it: by a typed field or by a flag of its own.

    said.option("--dsa-decode-backend")
    -> Setting("trtllm", "kernels.decode")

An option is named by any release's flag; aliases, abbreviations and old spellings are found, since
the catalogue of the pinned release says which of them write to one destination.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from deployer.facts.sglang.catalogue import Catalogue
from deployer.facts.sglang.catalogue import find as find_catalogue
from deployer.facts.sglang.replacements import names
from deployer.release import Argument, Release

ON = frozenset({"1", "true", "yes", "y", "on"})
"""What SGLang reads as true in an environment variable (0.5.10.post1 ``srt/environ.py``)."""

VERSION, GPU, COUNT, REPO = "engine.version", "hardware.gpu", "hardware.count", "model.repo"
"""The keys of what decides beside the command line."""


class UnsoundError(Exception):
    """A part of a profile that is not right was asked for: whoever asks has nothing to say."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value as a command line has it, and the YAML key that says it or would say it.

    The value of a switch is empty.
    """

    value: str
    source: str

    @property
    def path(self) -> tuple[str | int, ...]:
        """The parts of the key; a name under ``engine.args`` holds no dots."""
        return tuple(self.source.split("."))


@dataclass(frozen=True)
class Stated:
    """A command line, its variables, and the few other things that decide what the engine does.

    ``facts`` holds what is known of :data:`VERSION` and the keys beside it. ``unsound`` are the
    flags of fields that are written and not right; ``environment`` is None where that is not
    right. Asking for any of them raises UnsoundError.
    """

    facts: Mapping[str, str | int]
    arguments: tuple[Argument, ...]
    environment: Mapping[str, Setting] | None = field(default_factory=dict)
    unsound: frozenset[str] = frozenset()

    @property
    def version(self) -> str:
        """The engine's release."""
        return str(self._fact(VERSION))

    @property
    def gpu(self) -> str:
        """The GPU as a profile names it."""
        return str(self._fact(GPU))

    @property
    def gpus(self) -> int:
        """How many GPUs a replica has."""
        return int(self._fact(COUNT))

    @property
    def repo(self) -> str:
        """The repository of the weights."""
        return str(self._fact(REPO))

    def option(self, flag: str) -> Setting | None:
        """Give what is stated for an option; None where the engine decides."""
        destinations = _destinations(self.version, flag)
        if not self._unsound.isdisjoint(destinations):
            raise UnsoundError(flag)
        return next((self._said[each] for each in destinations if each in self._said), None)

    def has(self, flag: str) -> bool:
        """Whether an option is stated."""
        return self.option(flag) is not None

    def value(self, flag: str) -> str:
        """Give the value of an option; the empty text for a switch, and where nothing is stated."""
        found = self.option(flag)
        return found.value if found is not None else ""

    def number(self, flag: str) -> int | None:
        """Give a whole number that an option states; None where none is, or it is no number."""
        text = self.value(flag)
        return int(text) if text.isdecimal() else None

    def signed(self, flag: str) -> int | None:
        """Give a whole number as :meth:`number` does, one below 0 too (`-1` often means off)."""
        text = self.value(flag)
        return int(text) if text.removeprefix("-").isdecimal() else None

    def variable(self, name: str) -> Setting | None:
        """Give an environment variable of the engine."""
        if self.environment is None:
            raise UnsoundError(name)
        return self.environment.get(name)

    def place(self, flag: str, otherwise: str) -> str:
        """Give the key that states an option, or another where none does."""
        found = self.option(flag)
        return otherwise if found is None else found.source

    def _fact(self, key: str) -> str | int:
        try:
            return self.facts[key]
        except KeyError as error:
            raise UnsoundError(key) from error

    @functools.cached_property
    def _said(self) -> dict[str, Setting]:
        """Destinations to settings; where an option stands twice, the last counts, as in SGLang."""
        catalogue = find_catalogue(self.version)
        return {
            _destination(catalogue, each.flag): Setting(" ".join(each.values), each.source)
            for each in self.arguments
        }

    @functools.cached_property
    def _unsound(self) -> frozenset[str]:
        found = (_destinations(self.version, flag) for flag in self.unsound)
        return frozenset(each for destinations in found for each in destinations)


def of_release(release: Release) -> Stated:
    """Read a release."""
    return Stated(
        facts={
            VERSION: release.engine.version,
            GPU: release.hardware.gpu,
            COUNT: release.hardware.count,
            REPO: release.model.repo,
        },
        arguments=release.arguments,
        environment={one.name: Setting(one.value, one.source) for one in release.environment},
    )


def is_on(setting: Setting | None) -> bool:
    """Whether an environment variable is set to what SGLang reads as true."""
    return setting is not None and setting.value.strip().lower() in ON


def destinations(version: str, flags: Iterable[str]) -> frozenset[str]:
    """Give where all these flags write to in a release."""
    return frozenset(each for flag in flags for each in _destinations(version, flag))


def _destination(catalogue: Catalogue | None, flag: str) -> str:
    """Give where an option writes to; the flag itself where the release is not known."""
    if catalogue is None:
        return flag
    near = catalogue.beginning_with(flag)
    known = catalogue.find(flag) or (catalogue.find(near[0]) if len(near) == 1 else None)
    return known.dest if known is not None else flag


@functools.lru_cache(maxsize=1024)
def _destinations(version: str, flag: str) -> tuple[str, ...]:
    """Give every destination of the options that say as a whole what a flag says."""
    catalogue = find_catalogue(version)
    known = names(catalogue, flag) if catalogue is not None else ()
    return tuple(dict.fromkeys(_destination(catalogue, name) for name in (*known, flag)))
