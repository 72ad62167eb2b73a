"""Root without its right to read and write everything, so that permissions mean something."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable, Iterator

import pytest

CAPABILITY_VERSION = 0x20080522
"""``_LINUX_CAPABILITY_VERSION_3``, linux/capability.h."""

OVERRIDES = 0b110
"""``CAP_DAC_OVERRIDE`` (1) and ``CAP_DAC_READ_SEARCH`` (2), as bits, in the same file."""

GET_SECUREBITS, SET_SECUREBITS, NO_ROOT = 27, 28, 1
"""``PR_GET_SECUREBITS`` and ``PR_SET_SECUREBITS`` (linux/prctl.h), and the bit of
linux/securebits.h by which root gains no capability where it starts a program."""


class _Head(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


@contextlib.contextmanager
def no_override() -> Iterator[None]:
    """Take from root what lets it read and write whatever it likes, and from whom it starts."""
    if os.geteuid() != 0:
        yield
        return
    before = _capabilities()
    prctl = ctypes.CDLL(None).prctl
    bits = prctl(GET_SECUREBITS)
    prctl(SET_SECUREBITS, bits | NO_ROOT)
    _set(before, lambda bits: bits & ~OVERRIDES)
    try:
        yield
    finally:
        _set(before, lambda bits: bits)
        prctl(SET_SECUREBITS, bits)


def _capabilities() -> ctypes.Array[_Sets]:
    sets = (_Sets * 2)()
    _call("capget", sets)
    return sets


def _set(before: ctypes.Array[_Sets], change: Callable[[int], int]) -> None:
    sets = (_Sets * 2)()
    for one, old in zip(sets, before, strict=True):
        one.permitted, one.inheritable = old.permitted, old.inheritable
        one.effective = old.effective
    sets[0].effective = change(before[0].effective)
    _call("capset", sets)


def _call(name: str, sets: ctypes.Array[_Sets]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(ctypes.byref(_Head(CAPABILITY_VERSION, 0)), sets) != 0:
        pytest.skip(f"{name}: {os.strerror(ctypes.get_errno())}")
