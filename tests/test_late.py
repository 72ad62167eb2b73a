"""What is made late is what the standard library makes at once."""

from __future__ import annotations

import copy
import dataclasses
import re
import subprocess
import sys
from dataclasses import field
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from deployer import late
from deployer.late import compile_pattern

T = TypeVar("T")


class Plain:
    """A value."""

    a: int = field(metadata={"without": "a default"})
    b: str = "b"
    c: list[int] = field(default_factory=list)
    d: dict[str, int] = field(default_factory=dict, compare=False, repr=False)
    e: dict[str, int] = field(default_factory=dict, hash=False)
    kind: ClassVar[str] = "plain"

    def __post_init__(self) -> None:
        if self.a == 0:
            msg = "is zero"
            raise TypeError(msg)

    @property
    def both(self) -> str:
        return f"{self.a}{self.b}"


class Empty:
    pass


class Own(Generic[T]):
    a: int

    def __repr__(self) -> str:
        return "own"

    def __hash__(self) -> int:
        return 7


def pairs(slots: bool) -> list[tuple[Any, Any]]:
    kinds: list[Any] = [Plain, Empty, Own]
    return [
        (
            late.dataclass(frozen=True, slots=slots)(kind),
            dataclasses.dataclass(frozen=True, slots=slots)(
                type(kind)("Real", kind.__bases__, _space(kind))
            ),
        )
        for kind in kinds
    ]


def _space(kind: type) -> dict[str, Any]:
    return {k: v for k, v in vars(kind).items() if k not in {"__dict__", "__weakref__"}}


Late: Any = late.dataclass(frozen=True, slots=True)(Plain)


@pytest.mark.parametrize("slots", [True, False])
@pytest.mark.parametrize("at", range(3))
def test_a_late_class_is_the_standard_one(slots: bool, at: int) -> None:
    mine, real = pairs(slots)[at]
    calls: list[dict[str, Any]] = [{}, {"a": 1}, {"a": 1, "b": "x", "c": [1]}, {"z": 1}, {"a": 0}]
    assert mine.__match_args__ == real.__match_args__
    assert getattr(mine, "__slots__", None) == getattr(real, "__slots__", None)
    assert [_outcome(mine, call) for call in calls] == [_outcome(real, call) for call in calls]
    many = [{"a": number} for number in range(1, 2 * late.FEW)]
    assert [_outcome(mine, call) for call in many] == [_outcome(real, call) for call in many]
    assert [_outcome(mine, call) for call in calls] == [_outcome(real, call) for call in calls]
    assert dataclasses.is_dataclass(mine)
    assert _fields(mine) == _fields(real)


def _fields(kind: Any) -> list[tuple[object, ...]]:
    found = dataclasses.fields(kind)
    return [(f.name, f.type, f.default, f.default_factory, f.compare) for f in found]


def _outcome(kind: Any, call: dict[str, Any]) -> object:
    try:
        one, other = kind(**call), kind(**call)
    except TypeError as error:
        return str(error).rpartition("__init__")[2]
    text = repr(one).replace(kind.__qualname__, "")
    replaced = repr(dataclasses.replace(one)) == repr(one)
    return text, one == other, one != object(), replaced, dataclasses.astuple(one), _hash(one)


def _hash(one: object) -> object:
    try:
        return hash(one)
    except TypeError as error:
        return str(error)


def test_it_is_frozen_and_is_copied() -> None:
    one = Late(1, c=[2])
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.a = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.a
    assert one.both == "1b"
    assert Late.kind == "plain"
    assert [copy.copy(one), copy.deepcopy(one), dataclasses.replace(one)] == [one] * 3
    assert copy.deepcopy(one).c is not one.c
    assert Late.__match_args__[:2] == ("a", "b")


def test_a_pattern_is_compiled_when_it_is_used() -> None:
    mine = compile_pattern("(A+)", re.IGNORECASE)
    assert mine.sub("x", "baab") == "bxb"
    assert mine.pattern == "(A+)"
    broken = compile_pattern("(")
    with pytest.raises(re.error):
        broken.search("")


def test_every_pattern_compiles() -> None:
    """What is compiled late fails late: here all are made."""
    code = (
        "import re, sys, pkgutil, importlib, deployer\n"
        "made = []\n"
        "import deployer.late as late\n"
        "class Now:\n"
        "    def __new__(cls, *given):\n"
        "        made.append(given)\n"
        "        return re.compile(*given)\n"
        "late.compile_pattern = Now\n"
        "skip = ('tiny_model', 'cpu_platform', '__main__', 'modal_app')\n"
        "for each in pkgutil.walk_packages(deployer.__path__, 'deployer.'):\n"
        "    if not any(word in each.name for word in skip):\n"
        "        importlib.import_module(each.name)\n"
        "print(len(made))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100
