"""What can be known of a profile that is not right: its parts, each there only if it is sound.

A part that is missing, misspelt or of the wrong kind is no attribute of its section. Whoever asks
for it meets an ``AttributeError`` (:func:`is_unknown`), and has nothing to say: unknown is not the
default. What the author left out does have its default, in a section that is not written, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from deployer.profile.fields import models_in
from deployer.profile.section import Section
from deployer.profile.source import Path

ValueT = TypeVar("ValueT")
ModelT = TypeVar("ModelT", bound=BaseModel)

_STRICT = ConfigDict(strict=True)


def partial(model: type[ModelT], value: object, wrong: Collection[Path]) -> ModelT | None:
    """Build what is known of a model; ``wrong`` are the paths that are not sound, or missing.

    None where the value is no mapping, of which nothing is known.
    """
    return _section(model, value, (), frozenset(wrong)) if isinstance(value, Mapping) else None


def is_unknown(error: AttributeError) -> bool:
    """Whether an error says that a part of a profile is not known, and not that we have a fault."""
    part = error.obj
    return isinstance(part, Section) and error.name in type(part).model_fields


def known(ask: Callable[[], ValueT]) -> ValueT | None:
    """Give what an inquiry finds; None where it needs a part that is not known."""
    try:
        return ask()
    except AttributeError as error:
        if is_unknown(error):
            return None
        raise


def filled(part: ModelT, other: ModelT) -> ModelT:
    """Give a part with what is not known of it as another one has it, section by section.

    A section that the other one lacks is left out, too, where it is not wholly known.
    """
    found = {}
    for name in type(part).model_fields:
        own, its = part.__dict__.get(name), other.__dict__.get(name)
        if not knows(part, name):
            found[name] = its
        elif isinstance(own, Section) and isinstance(its, Section):
            found[name] = filled(own, its)
        elif isinstance(own, Section) and not _whole(own):
            found[name] = its
        else:
            found[name] = own
    return type(part).model_construct(_fields_set=set(found), **found)


def knows(section: BaseModel, name: str) -> bool:
    """Whether a part of a section is known."""
    return name in section.__dict__


def _whole(section: Section) -> bool:
    """Whether all of a section is known."""
    parts = (part for part in section.__dict__.values() if isinstance(part, Section))
    return all(knows(section, name) for name in type(section).model_fields) and all(
        map(_whole, parts)
    )


def _section(
    kind: type[ModelT], value: Mapping[str, Any], path: Path, wrong: frozenset[Path]
) -> ModelT:
    found = {}
    for name, info in kind.model_fields.items():
        here = (*path, name)
        below = next(models_in(info.annotation), None)
        if name not in value:
            if not info.is_required() and here not in wrong:
                found[name] = info.get_default(call_default_factory=True)
            elif below is not None and info.is_required():
                found[name] = _section(below, {}, here, wrong)
        elif below is not None and isinstance(value[name], Mapping) and here not in wrong:
            found[name] = _section(below, value[name], here, wrong)
        elif not any(each[: len(here)] == here for each in wrong):
            found |= _value(name, info, value[name])
    section = kind.model_construct(_fields_set=set(found), **found)
    for name in kind.model_fields:
        if name not in found:
            section.__dict__.pop(name, None)
    return section


def takes(info: FieldInfo, value: object) -> bool:
    """Whether a field would take a value."""
    return bool(_value("", info, value))


def _value(name: str, info: FieldInfo, value: object) -> dict[str, object]:
    """Read one value as its field would; nothing where it does not fit after all."""
    adapter: TypeAdapter[object] = TypeAdapter(info.rebuild_annotation(), config=_STRICT)
    try:
        return {name: adapter.validate_python(value)}
    except ValidationError:
        return {}
