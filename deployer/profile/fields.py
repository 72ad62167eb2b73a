"""The fields of a profile as a program sees them: the models below it, and who carries a flag."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from deployer.profile.flag import Flag
from deployer.profile.model import Profile


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """Give the models that an annotation is made of: of `Speculative | None`, the first."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for argument in get_args(annotation):
        yield from models_in(argument)


def flags_in(field: FieldInfo) -> tuple[Flag, ...]:
    """Give the flags that a field carries: one, or none."""
    return tuple(item for item in field.metadata if isinstance(item, Flag))


def section_types() -> Iterator[tuple[str, type[BaseModel]]]:
    """Give the sections of a profile, each with its model, in the order of the file."""
    for name, field in Profile.model_fields.items():
        for kind in models_in(field.annotation):
            yield name, kind


@functools.cache
def flagged_fields() -> tuple[tuple[str, str, Flag], ...]:
    """Give section, name and flag of every field that carries one, in the order of the file."""
    return tuple(
        (section, name, flag)
        for section, kind in section_types()
        for name, field in kind.model_fields.items()
        for flag in flags_in(field)
    )


def section_models() -> tuple[type[BaseModel], ...]:
    """Give the model of the profile and of every section and part below it."""
    found: dict[type[BaseModel], None] = {}
    waiting: list[type[BaseModel]] = [Profile]
    while waiting:
        kind = waiting.pop(0)
        found[kind] = None
        for field in kind.model_fields.values():
            waiting += models_in(field.annotation)
    return tuple(found)
