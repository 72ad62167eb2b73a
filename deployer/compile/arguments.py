"""From fields to flags: one walk over the sections, no list of flags anywhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from deployer.compile.derive import PLACED
from deployer.facts.sglang.catalogue import Catalogue, for_spelling
from deployer.facts.sglang.loaders import OPTIONS_FLAG, STRAIGHT, can_leave_gds
from deployer.facts.sglang.replacements import Beside, Words, named, spell
from deployer.profile.fields import flagged_fields
from deployer.profile.flag import Flag
from deployer.profile.model import Profile
from deployer.profile.partial import knows
from deployer.release import Argument

LOADER_ORDER = 73
"""The place of what the loader is told: after its format."""

Stated = tuple[int, Words, str]
"""The place in the list, the concept's own flag with its values, and the YAML key behind it."""


def arguments(
    profile: Profile, derived: dict[str, tuple[object, str]], *, known: bool = False
) -> tuple[Argument, ...]:
    """Compile a profile's fields, then ``engine.args``, to the engine's argument list.

    ``derived`` maps the path of a field that the author left out (``parallel.tp``), or that names
    what is downloaded, to the value that follows and the key that it follows from. What the pinned
    release cannot say stands in the list under the concept's own name, for the checks to find; so
    does everything
    where the release has no catalogue, unless it is newer than all that have: then the newest
    known release's spelling is taken. ``engine.args`` stands as the author wrote it. What is not
    known of a profile (:mod:`deployer.profile.partial`) raises, or with ``known`` is not in the
    list.
    """
    catalogue = for_spelling(profile.engine.version)
    stated = sorted(_stated(profile, derived, known=known), key=lambda item: item[0])
    beside: Beside = {flag: values for _, (flag, values), _ in stated}
    beside = named(catalogue, beside) if catalogue is not None else beside
    fields = (a for _, words, source in stated for a in _spelt(catalogue, words, source, beside))
    extra = (extra_argument(name, value) for name, value in profile.engine.args.items())
    return (*fields, *extra)


def words_for(flag: Flag, value: object) -> Words | None:
    """Say a field's value with the concept's own flag; None where the value says nothing."""
    if value is None:
        return None
    if isinstance(value, bool):
        if value is not flag.inverted:
            return flag.name, ()
        return (flag.off, ()) if flag.off else None
    if isinstance(value, tuple):
        return flag.name, tuple(map(word, value))
    if isinstance(value, Mapping):
        return flag.name, tuple(f"{name}={word(one)}" for name, one in value.items())
    return flag.name, (word(value),)


def extra_argument(name: str, value: object) -> Argument:
    """Compile one entry of ``engine.args``."""
    return Argument(flag=f"--{name}", values=extra_values(value), source=f"engine.args.{name}")


def extra_values(value: object) -> tuple[str, ...]:
    """Write the value of one entry of ``engine.args`` as a command line has it."""
    if value is True:
        return ()
    if isinstance(value, list):
        return tuple(word(item) for item in value)
    return (word(value),)


def word(value: object) -> str:
    """Write a scalar as a command line has it: 1200.0 is ``1200``, 0.88 is ``0.88``."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _stated(
    profile: Profile, derived: dict[str, tuple[object, str]], *, known: bool
) -> Iterator[Stated]:
    for section, name, flag in flagged_fields():
        if flag.door:
            continue
        path, stated = f"{section}.{name}", _said(profile, section, name, known=known)
        own = stated is not None and path not in PLACED
        value, source = (stated, path) if own else derived.get(path, (None, path))
        if (words := words_for(flag, value)) is not None:
            yield flag.order, words, source
    options = loader_options(profile, known=known)
    if options:
        text = json.dumps({name: value for name, (value, _) in options.items()})
        yield LOADER_ORDER, (OPTIONS_FLAG, (text,)), next(iter(options.values()))[1]


def loader_options(profile: Profile, *, known: bool = False) -> dict[str, tuple[object, str]]:
    """Give what the loader is told beside its format: by SGLang's names, each with its key."""
    found: dict[str, tuple[object, str]] = {}
    threads = _said(profile, "loading", "threads", known=known)
    if threads is not None:
        found["enable_multithread_load"] = (bool(threads), "loading.threads")
    if threads:
        found["num_threads"] = (threads, "loading.threads")
    gds = _said(profile, "loading", "gds", known=known)
    if gds is not None:
        found["enable_gds"] = (gds, "loading.gds")
    elif _reads_without_gds(profile, known=known):
        found["enable_gds"] = (False, "model.load_format")
    if (concurrency := _said(profile, "loading", "concurrency", known=known)) is not None:
        found["concurrency"] = (concurrency, "loading.concurrency")
    return found


def _reads_without_gds(profile: Profile, *, known: bool) -> bool:
    """Whether GPUDirect Storage is to be left, which Modal's containers do not have.

    What the author says to the loader in `engine.args` stands alone.
    """
    if _said(profile, "model", "load_format", known=known) != STRAIGHT:
        return False
    if known and not all(knows(profile, name) for name in ("target", "engine")):
        return False
    own = OPTIONS_FLAG.removeprefix("--") in profile.engine.args
    return profile.target == "modal" and not own and can_leave_gds(profile.engine.version)


def _said(profile: Profile, section: str, name: str, *, known: bool) -> object:
    """Give a field's value, None where the author says nothing."""
    if known and not knows(profile, section):
        return None
    part = getattr(profile, section)
    return None if part is None or (known and not knows(part, name)) else getattr(part, name)


def _spelt(
    catalogue: Catalogue | None, words: Words, source: str, beside: Beside
) -> Iterator[Argument]:
    said = spell(catalogue, *words, beside) if catalogue is not None else None
    for flag, values in (words,) if said is None else said:
        yield Argument(flag=flag, values=values, source=source)
