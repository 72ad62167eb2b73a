"""What every section of a profile has in common: strict, closed, frozen, documented.

A section is declared as a pydantic model would be, and read without pydantic, whose import and
whose building of models was a quarter of a `check` (``docs/decisions/0014-start.md``).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, Self, dataclass_transform, get_args, get_origin

from deployer.profile.field import Made, made
from deployer.profile.values import UNREAD, Path, Read, Wrong, reader

REQUIRED: Final = object()
"""The default of a field that has none."""


class InvalidError(ValueError):
    """What is wrong with values, all of it."""

    def __init__(self, wrong: list[Wrong]) -> None:
        super().__init__(", ".join(f"{each.place}: {each.kind}" for each in wrong))
        self.wrong = tuple(wrong)


class FieldInfo:
    """A field of a section: its type, what else its annotation says, its default."""

    def __init__(self, annotation: object, default: Any) -> None:  # noqa: ANN401 - as above
        self.declared = annotation
        annotated = get_origin(annotation) is Annotated
        self.annotation, *metadata = get_args(annotation) if annotated else (annotation,)
        self.metadata = tuple(metadata)
        self.default = default

    def is_required(self) -> bool:
        """Whether it must be written."""
        return self.default is REQUIRED

    def get_default(self) -> Any:  # noqa: ANN401 - of any field
        """Give what it is where it is not written."""
        return self.default.make() if isinstance(self.default, Made) else self.default

    @functools.cached_property
    def reads(self) -> Read:
        """What reads its values."""
        return reader(self.declared)

    def read(self, value: object) -> object:
        """Read a value; raises InvalidError for one that the field does not take."""
        wrong: list[Wrong] = []
        found = self.reads(value, (), wrong)
        if wrong:
            raise InvalidError(wrong)
        return found


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(made,))
class Section:
    """A section of a profile. The docstring under a field is its documentation everywhere.

    :mod:`deployer.profile.documentation` reads them. ``model_fields_set`` are those that the author
    wrote. A field that is not known is no attribute (:mod:`deployer.profile.partial`).
    """

    __slots__ = ("__dict__", "_stated")
    _stated: frozenset[str]
    model_fields: ClassVar[Mapping[str, FieldInfo]] = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        """Take the fields from the class; its annotations must be no texts."""
        found = {}
        for name, annotation in cls.__annotations__.items():
            found[name] = FieldInfo(annotation, cls.__dict__.get(name, REQUIRED))
            if name in cls.__dict__:
                delattr(cls, name)
        cls.model_fields = MappingProxyType({**cls.model_fields, **found})

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 - of any field
        wrong: list[Wrong] = []
        found = _read(type(self), values, (), wrong)
        if wrong:
            raise InvalidError(wrong)
        _fill(self, found, frozenset(values))

    @classmethod
    def model_validate(cls, value: object) -> Self:
        """Read a section; raises InvalidError with all that is wrong."""
        wrong: list[Wrong] = []
        found = cls.model_read(value, (), wrong)
        if wrong or not isinstance(found, cls):
            raise InvalidError(wrong)
        return found

    @classmethod
    def model_read(cls, value: object, place: Path, wrong: list[Wrong]) -> object:
        """Read a section below another one."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, dict):
            wrong.append(Wrong("model_type", place, value))
            return UNREAD
        return cls.model_construct(_read(cls, value, place, wrong), frozenset(value))

    @classmethod
    def model_construct(cls, values: Mapping[str, Any], stated: frozenset[str]) -> Self:
        """Make a section of values that have been read; what is not among them is not known."""
        section = object.__new__(cls)
        _fill(section, values, stated)
        return section

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """Give the section with other values, which are not read."""
        return self.model_construct({**self.__dict__, **update}, self._stated | frozenset(update))

    @property
    def model_fields_set(self) -> frozenset[str]:
        """The fields that are written, and not left to their defaults."""
        return self._stated

    def __setattr__(self, name: str, _value: object) -> None:
        """Refuse: sections are frozen."""
        msg = f"{type(self).__name__}.{name} is read only"
        raise TypeError(msg)

    def __eq__(self, other: object) -> bool:
        """Compare the values."""
        return type(other) is type(self) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        """Hash the values; raises TypeError where one is a mapping or a list."""
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        """Show the values."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({shown})"


def _fill(section: Section, values: Mapping[str, Any], stated: frozenset[str]) -> None:
    section.__dict__.update(values)
    object.__setattr__(section, "_stated", stated)


def _read(
    kind: type[Section], value: Mapping[Any, object], place: Path, wrong: list[Wrong]
) -> dict[str, object]:
    found = {}
    for name, info in kind.model_fields.items():
        if name in value:
            found[name] = info.reads(value[name], (*place, name), wrong)
        elif info.is_required():
            wrong.append(Wrong("missing", (*place, name), value))
        else:
            found[name] = info.get_default()
    wrong += [
        Wrong("extra_forbidden", (*place, key), each)
        for key, each in value.items()
        if key not in kind.model_fields
    ]
    return found
