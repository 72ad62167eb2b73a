"""Stubs for what SGLang imports and this machine does not have: torch, triton, transformers, …

They accept everything and are false; the construction of the parser needs their names only. The
modules that declare the options are never replaced.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
import zipfile
from collections.abc import Iterator, MutableSequence, Sequence
from typing import Any

DECLARING = ("sglang.srt.server_args", "sglang.srt.arg_groups", "sglang.srt.environ")
"""A failure to import these is an error of the test, not of the machine."""


class StubType(type):
    """Stub classes have every attribute, take every subscript, and are false."""

    def __getattr__(cls, name: str) -> Any:
        if name == "__version__":
            return "0"
        if name.startswith("__"):
            raise AttributeError(name)
        return make_stub(name)

    def __bool__(cls) -> bool:
        return False

    def __getitem__(cls, _key: Any) -> Any:
        return cls

    def __iter__(cls) -> Iterator[Any]:
        return iter(())

    def __or__(cls, _other: Any) -> Any:
        return cls

    def __ror__(cls, _other: Any) -> Any:
        return cls

    def __lt__(cls, _other: Any) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__


def make_stub(name: str) -> Any:
    """Give a class that stands for anything: a base, a decorator, a constant."""
    return StubType(name, (Stub,), {})


class Stub(metaclass=StubType):
    """What a call of a stub gives."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def __init_subclass__(cls, **_kwargs: Any) -> None:
        pass

    def __call__(self, *args: Any, **_kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else Stub()  # a decorator

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Stub()

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_details: object) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __getitem__(self, _key: Any) -> Any:
        return Stub()


class StubModule(types.ModuleType):
    """A module with every attribute."""

    __path__: MutableSequence[str] = []  # noqa: RUF012  # what the import system looks for

    def __getattr__(self, name: str) -> Any:
        if name in ("cuda", "hip", "xpu") and self.__name__ == "torch.version":
            return None
        if name == "__version__":
            return "0"
        if name.startswith("__"):
            raise AttributeError(name)
        value = sys.modules.get(f"{self.__name__}.{name}") or make_stub(name)
        setattr(self, name, value)
        return value


class MissingFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """The last finder: gives a stub for whatever nobody else has."""

    def find_spec(self, name: str, *_rest: Any) -> importlib.machinery.ModuleSpec | None:
        if name.startswith(DECLARING):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return StubModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


class TolerantFinder(importlib.abc.MetaPathFinder):
    """The first finder: a module of SGLang that fails to run here becomes a stub."""

    def __init__(self, wheel: str) -> None:
        self._wheel = wheel
        self._files = zipfile.ZipFile(wheel).namelist()

    def find_spec(
        self, name: str, path: Sequence[str] | None, *_rest: Any
    ) -> importlib.machinery.ModuleSpec | None:
        if not name.startswith("sglang"):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        folder = name.replace(".", "/")
        if spec is None and any(it.startswith(f"{folder}/") for it in self._files):
            # A folder without `__init__.py`, which zipimport does not see in older wheels.
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [f"{self._wheel}/{folder}"]
        if spec is not None and spec.loader is not None and not name.startswith(DECLARING):
            spec.loader = TolerantLoader(spec.loader)
        return spec


class TolerantLoader(importlib.abc.Loader):
    """Runs a module with its own loader, and lets it have every attribute where that fails."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        module: types.ModuleType | None = self._inner.create_module(spec)
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        try:
            self._inner.exec_module(module)
        except Exception:  # noqa: BLE001  # whatever it lacks, the parser's construction does not
            FAILED.append(module.__name__)
            module.__dict__["__getattr__"] = lambda name: (
                make_stub(name) if not name.startswith("__") else _refuse(name)
            )


FAILED: list[str] = []
"""The modules of SGLang that do not run here; part of the dump, so that a test can limit them."""


def _refuse(name: str) -> Any:
    raise AttributeError(name)


def install(wheel: str) -> None:
    """Let ``import sglang`` find the wheel, and everything that is missing find a stub."""
    sys.path.insert(0, wheel)
    sys.meta_path.insert(0, TolerantFinder(wheel))
    sys.meta_path.append(MissingFinder())
