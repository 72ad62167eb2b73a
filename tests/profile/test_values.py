"""Sections are read without pydantic, and as pydantic would read them: strictly."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.profile.field import After, Limits, Made
from deployer.profile.load import load_profile
from deployer.profile.model import Profile
from deployer.profile.section import InvalidError, Section
from deployer.profile.sections.parallel import Parallel
from deployer.profile.values import reader
from tests.volume import scaled

WHOLE = """\
name: glm
model: {repo: org/glm, served_name: glm, revision: main, path: /data/models/glm, context_length: 9}
hardware: {gpu: H100, count: 8}
engine:
  version: 0.5.10
  image: lmsysorg/sglang:v0.5.10
  args: {chunked: 5, few: [a, 1, 1.5], on: true}
  env: {A_B: "1"}
parallel: {tp: 8, dp_attention: true}
kernels: {attention: nsa, allreduce_fusion: false}
memory: {mem_fraction_static: 0.85}
speculative: {algorithm: EAGLE, num_steps: 3, draft_model: org/draft}
lora: {adapters: {sql: org/sql@main}, max_rank: 16}
serving: {host: 0.0.0.0, port: 8000, api_key_env: null}
modal:
  app: glm
  environment: main
  weights: {volume: weights, path: /models}
  kernel_cache: {volume: cache, path: /cache}
  regions: [us-east]
lifecycle: {warmup: [chat, tools], drain_timeout: 25}
"""
VALUE: Any = load_profile(WHOLE, "p.yaml").source.value

TEXTS = st.text(alphabet="aA0/.-_:@ \n\u00e9", max_size=12) | st.sampled_from(
    ["x" * 300, "ap-" + "a" * 22, "en-x", "a.git", "../a", "/a/../b", "/a/...b", "0.5.10", "a\n"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 10**6)
    | st.sampled_from([10**30, 1.5, -0.5, 1e300, 8.0])
    | TEXTS
)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


def _paths(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, each in inner:
        yield (*path, key)
        yield from _paths(each, (*path, key))


@st.composite
def profiles(draw: st.DrawFn) -> Any:
    """Give a profile's value with a few entries replaced, taken out or put in."""
    value = copy.deepcopy(VALUE)
    for _ in range(draw(st.integers(0, 3))):
        *parents, last = draw(st.sampled_from(list(_paths(value)) or [("name",)]))
        at = functools.reduce(lambda one, step: one[step], parents, value)
        change = draw(st.sampled_from(["replace", "delete", "add"]))
        if change == "replace" or isinstance(at, list):
            at[last] = draw(ANY)
        elif change == "delete":
            at.pop(last, None)
        else:
            at[draw(TEXTS)] = draw(ANY)
    return value


MODELS: dict[str, type[pydantic.BaseModel]] = {}


def model_of(kind: type[Section]) -> type[pydantic.BaseModel]:
    """Give the pydantic model of a section."""
    if kind.__name__ not in MODELS:
        MODELS[kind.__name__] = _model_of(kind)
    return MODELS[kind.__name__]


def _model_of(kind: type[Section]) -> type[pydantic.BaseModel]:
    fields: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        default = field.default
        if field.is_required():
            default = ...
        elif isinstance(default, Made):
            default = pydantic.Field(default_factory=default.make)
        elif isinstance(default, Section):
            below = model_of(type(default))
            default = pydantic.Field(default_factory=below)
        fields[name] = (_type(field.declared), default)
    config = pydantic.ConfigDict(strict=True, extra="forbid", frozen=True, protected_namespaces=())
    made: type[pydantic.BaseModel] = pydantic.create_model(
        kind.__name__, __config__=config, **fields
    )
    return made


def _type(annotation: Any) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        said = [each for each in map(_said, arguments[1:]) if each is not None]
        inner = _type(arguments[0])
        return Annotated[(inner, *said)] if said else inner
    if origin in {Union, UnionType}:
        return Union[tuple(arm if arm is NoneType else _type(arm) for arm in arguments)]  # noqa: UP007
    if origin is tuple:
        return Annotated[tuple[_type(arguments[0]), ...], pydantic.Strict(strict=False)]  # type: ignore[misc]
    if origin in {list, dict}:
        return origin[tuple(map(_type, arguments))]
    if origin is not Literal and issubclass(annotation, Section):
        return model_of(annotation)
    return annotation


def _said(item: object) -> Any:
    if isinstance(item, Limits):
        return pydantic.Field(**item.limits)  # type: ignore[call-overload]
    return pydantic.AfterValidator(item.judge) if isinstance(item, After) else None


def _ours(value: object) -> tuple[object, set[tuple[str, tuple[Any, ...]]]]:
    try:
        return _plain(Profile.model_validate(value)), set()
    except InvalidError as error:
        return None, {(each.kind, each.place) for each in error.wrong}


def _theirs(value: object) -> tuple[object, set[tuple[str, tuple[Any, ...]]]]:
    try:
        return model_of(Profile).model_validate(value).model_dump(), set()
    except pydantic.ValidationError as error:
        return None, {
            (each["type"], _written(each["loc"], each["type"], value)) for each in error.errors()
        }


def _written(loc: tuple[Any, ...], kind: str, value: Any) -> tuple[Any, ...]:
    """Keep of pydantic's location what is written: it names the arms of unions, and keys."""
    path: list[Any] = []
    for step in loc:
        if (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int)
        ):
            value = value[step]
        elif kind != "missing" or step != loc[-1]:
            continue
        path.append(step)
    return tuple(path)


def _plain(value: object) -> object:
    if isinstance(value, Section):
        return {name: _plain(each) for name, each in value.__dict__.items()}
    return value


def test_the_sample_says_something_of_most_sections() -> None:
    assert _ours(VALUE)[1] == set()
    assert len(VALUE) > 10


@scaled(3)
@given(profiles())
def test_a_profile_is_read_as_pydantic_would(value: Any) -> None:
    ours, theirs = _ours(value), _theirs(value)
    assert ours[1] == theirs[1]
    assert repr(ours[0]) == repr(theirs[0])


def test_a_section_is_frozen_closed_and_compared_by_its_values() -> None:
    one = Parallel(tp=8)
    assert one == Parallel(tp=8) != Parallel(tp=4)
    assert hash(one) == hash(Parallel(tp=8))
    assert one.model_fields_set == {"tp"}
    assert one.model_copy(update={"tp": 4}) == Parallel(tp=4)
    assert repr(one).startswith("Parallel(tp=8, pp=None")
    with pytest.raises(TypeError, match=r"Parallel\.tp is read only"):
        one.tp = 4  # type: ignore[misc]
    with pytest.raises(InvalidError, match="greater_than_equal"):
        Parallel(tp=0)
    with pytest.raises(InvalidError, match="extra_forbidden"):
        Parallel(cp=1)  # type: ignore[call-arg]
    with pytest.raises(InvalidError, match="model_type"):
        Parallel.model_validate([])


def test_a_type_that_nobody_can_read_is_refused() -> None:
    with pytest.raises(KeyError):
        reader(bytes)
