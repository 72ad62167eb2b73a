"""Advice in the words of who reads it: keys for a profile, flags for a launch command.

Checks of a profile name keys, the release's parser names flags. What is quoted is put into the
other words where a field and a flag say the same as a whole.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from deployer.facts.sglang.catalogue import load
from deployer.facts.sglang.replacements import names
from deployer.late import compile_pattern
from deployer.profile.fields import flagged_fields

ARGS, ENV = " under `engine.args`", " under `engine.env`"
FLAG = compile_pattern(r"`(--[a-z][\w-]*)(?: ([^`]+))?`")
KEY = compile_pattern(r"`([a-z][\w-]*(?:\.[\w-]+)*)(?:: ([^`]+))?`")
ARGUMENT = compile_pattern(r"`([\w-]+): ([^`]+)`" + re.escape(ARGS))
COUNT = " for `hardware.count`, and leave `tp` out"
"""How a profile is told the number of its GPUs; those of a command follow from its flags."""

DRAFTS = "`--speculative-*`"
NOT = compile_pattern(r"\b(?:write|set) no (`[^`]+`)")
VARIABLE = compile_pattern(r'`(\w+): "?([^"`]+)"?`' + re.escape(ENV))


@dataclass(frozen=True, slots=True)
class _Field:
    """A field, an option that says it as a whole, and what a switch of that name says."""

    key: str
    option: str
    switch: bool
    on: str


def field_of_option(version: str, option: str) -> str:
    """Give the field that says an option of a release as a whole; the empty text for none."""
    found = _by_option(version).get(option)
    return "" if found is None else found.key


def as_keys(version: str, text: str) -> str:
    """Name fields where a text names flags that a release has, as `kernels.decode: trtllm`."""

    def put(found: re.Match[str]) -> str:
        option = load(version).find(found[1])
        field = option and _by_option(version).get(option.name)
        if not field:
            return found[0]
        value = field.on if field.switch else found[2]
        return f"`{field.key}: {value}`" if value else f"`{field.key}`"

    return FLAG.sub(put, text)


def as_flags(version: str, path: str, text: str) -> str:
    """Name a release's flags where a text about the key ``path`` names keys."""
    section = path.partition(".")[0]

    def put(found: re.Match[str]) -> str:
        fields = _by_key(version)
        field = fields.get(found[1]) or fields.get(f"{section}.{found[1]}")
        return found[0] if field is None else _flag(field, found[2])

    plain = text.replace(COUNT, " for `tp`")
    plain = ARGUMENT.sub(lambda found: _quoted(found[1], found[2]), plain)
    plain = VARIABLE.sub(r"`\1=\2` in its environment", plain)
    return NOT.sub(r"leave \1 out", KEY.sub(put, plain.replace("`speculative`", DRAFTS)))


def _quoted(name: str, value: str) -> str:
    return f"`--{name}`" if value == "true" else f"`--{name} {value}`"


def _flag(field: _Field, value: str | None) -> str:
    if not field.switch or value is None:
        return f"`{field.option} {value}`" if value and not field.switch else f"`{field.option}`"
    return f"`{field.option}`" if value == field.on else f"no `{field.option}`"


@functools.lru_cache(maxsize=8)
def _fields(version: str) -> tuple[_Field, ...]:
    catalogue, found = load(version), []
    for section, name, flag in flagged_fields():
        for string, on in ((flag.name, not flag.inverted), (flag.off, False)):
            for each in names(catalogue, string) if string else ():
                option = catalogue.find(each)
                switch = option is not None and option.nargs == 0
                found.append(_Field(f"{section}.{name}", each, switch, str(on).lower()))
    return tuple(found)


@functools.lru_cache(maxsize=8)
def _by_option(version: str) -> dict[str, _Field]:
    return {each.option: each for each in _fields(version)}


@functools.lru_cache(maxsize=8)
def _by_key(version: str) -> dict[str, _Field]:
    return {each.key: each for each in reversed(_fields(version))}
