"""What a profile says to the engine, however it says it: by a typed field or by ``engine.args``.

    option(profile, "--dsa-decode-backend")
    -> Setting("trtllm", ("kernels", "decode"))

An option is named by any release's flag; aliases, abbreviations and old spellings are found, since
the catalogue of the pinned release says which of them write to one destination.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from deployer.check.flags import key_path
from deployer.check.same import Same
from deployer.compile.arguments import arguments
from deployer.compile.derive import derived_fields
from deployer.facts.sglang.catalogue import Catalogue
from deployer.facts.sglang.catalogue import find as find_catalogue
from deployer.facts.sglang.replacements import names
from deployer.profile.fields import flagged_fields
from deployer.profile.model import Profile
from deployer.profile.partial import knows
from deployer.profile.section import Section
from deployer.profile.source import Path

ON = frozenset({"1", "true", "yes", "y", "on"})
"""What SGLang reads as true in an environment variable (0.5.10.post1 ``srt/environ.py``)."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value as a command line has it, and the YAML key that says it or would say it.

    The value of a switch is empty.
    """

    value: str
    path: Path


def option(profile: Profile, flag: str) -> Setting | None:
    """Give what a profile states, or lets follow, for an option; None where the engine decides."""
    said, destinations = _said(Same(profile)), _destinations(profile.engine.version, flag)
    for section, name, spelt in _unknown(Same(profile)):
        if not spelt.isdisjoint(destinations):
            getattr(section, name)  # which is not there: whoever asks has nothing to say
    return next((said[each] for each in destinations if each in said), None)


def value(profile: Profile, flag: str) -> str:
    """Give the value of an option; the empty text for a switch, and where nothing is stated."""
    found = option(profile, flag)
    return found.value if found is not None else ""


def number(profile: Profile, flag: str) -> int | None:
    """Give a whole number that an option states; None where none is, or where it is no number."""
    text = value(profile, flag)
    return int(text) if text.isdecimal() else None


def variable(profile: Profile, name: str) -> Setting | None:
    """Give an environment variable of the engine."""
    text = profile.engine.env.get(name)
    return Setting(text, ("engine", "env", name)) if text is not None else None


def is_on(setting: Setting | None) -> bool:
    """Whether an environment variable is set to what SGLang reads as true."""
    return setting is not None and setting.value.strip().lower() in ON


@functools.lru_cache(maxsize=1)
def _said(same: Same) -> dict[str, Setting]:
    """Map destinations to settings; where an option stands twice, the last counts, as in SGLang."""
    profile = same.profile
    catalogue = find_catalogue(profile.engine.version)
    return {
        _destination(catalogue, argument.flag): Setting(
            " ".join(argument.values), key_path(argument.source)
        )
        for argument in arguments(profile, derived_fields(profile), known=True)
    }


@functools.lru_cache(maxsize=1)
def _unknown(same: Same) -> tuple[tuple[Section, str, frozenset[str]], ...]:
    """Give the fields that are not known: their section, name, and where their flag writes to."""
    profile, found = same.profile, []
    for section, name, flag in flagged_fields():
        spelt = frozenset(_destinations(profile.engine.version, flag.name))
        if not knows(profile, section):
            found.append((profile, section, spelt))
        elif (part := getattr(profile, section)) is not None and not knows(part, name):
            found.append((part, name, spelt))
    return tuple(found)


def _destination(catalogue: Catalogue | None, flag: str) -> str:
    """Give where an option writes to; the flag itself where the release is not known."""
    if catalogue is None:
        return flag
    near = catalogue.beginning_with(flag)
    known = catalogue.find(flag) or (catalogue.find(near[0]) if len(near) == 1 else None)
    return known.dest if known is not None else flag


@functools.lru_cache(maxsize=256)
def _destinations(version: str, flag: str) -> tuple[str, ...]:
    """Give every destination of the options that say as a whole what a flag says."""
    catalogue = find_catalogue(version)
    known = names(catalogue, flag) if catalogue is not None else ()
    return tuple(dict.fromkeys(_destination(catalogue, name) for name in (*known, flag)))
