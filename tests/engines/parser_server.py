"""Builds the real argparse parser of one SGLang wheel and answers questions about it.

Run as ``python parser_server.py WHEEL``; one JSON line in, one JSON line out. It executes code of
the wheel, which is why it is a process of its own. What SGLang imports and this machine does not
have (torch, triton, …) is replaced by stubs that accept everything: the parser's construction needs
their names only. The modules that declare the options are never replaced.
"""

from __future__ import annotations

import argparse
import contextlib
import enum
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import logging
import os
import sys
import types
import zipfile
from collections.abc import Iterator, Sequence
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

    __path__: Sequence[str] = []

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

    def __init__(self, wheel: str):
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

    def __init__(self, inner: Any):
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


def build(wheel: str) -> argparse.ArgumentParser:
    """Import the wheel's ``ServerArgs`` and let it fill a parser."""
    sys.path.insert(0, wheel)
    sys.meta_path.insert(0, TolerantFinder(wheel))
    sys.meta_path.append(MissingFinder())
    from sglang.srt.server_args import ServerArgs  # noqa: PLC0415  # only now can it be found

    parser = argparse.ArgumentParser(prog="launch_server")
    ServerArgs.add_cli_args(parser)
    return parser


def plain(value: Any) -> Any:
    """Turn a value into JSON: tuples become lists, sets sorted lists, the rest its repr."""
    match value:
        case enum.Enum():
            return plain(value.value)
        case None | bool() | int() | float() | str():
            return value
        case dict():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case set() | frozenset():
            return sorted(map(plain, value))
    return repr(value)


def describe(parser: argparse.ArgumentParser, action: argparse.Action) -> dict[str, Any]:
    """Give one option with the keys of a catalogue's entry."""
    suppressed = action.default == argparse.SUPPRESS
    text = action.help if action.help and action.help != argparse.SUPPRESS else ""
    choices = action.choices
    if isinstance(choices, dict):
        choices = list(choices)
    return {
        "strings": list(action.option_strings),
        "dest": action.dest,
        "type": _type_name(action.type),
        "action": _action_name(parser, action),
        "nargs": action.nargs,
        "const": plain(action.const),
        "choices": None if choices is None else plain(choices),
        "default": None if suppressed else plain(action.default),
        "suppressed": suppressed,
        "required": action.required,
        "help": " ".join(text.removesuffix(" (default: %(default)s)").split()),
        "stores": plain(getattr(action, "const_value", None)),
        "new_flag": getattr(action, "new_flag", None) or "",
        "error": getattr(action, "error_message", None) or "",
    }


def _type_name(kind: Any) -> str:
    if kind is None:
        return ""
    module = kind.__module__
    own = module == "builtins" or module.startswith("sglang")
    return kind.__qualname__ if own else f"{module}.{kind.__qualname__}"


def _action_name(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    for name, kind in parser._registries["action"].items():
        if isinstance(name, str) and type(action) is kind:
            return name
    return type(action).__name__


class Recorder(logging.Handler):
    """Keeps what was logged while an argument list was parsed."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def judge(parser: argparse.ArgumentParser, words: list[str]) -> dict[str, Any]:
    """Parse an argument list as the engine's command line would, and say what came of it."""
    errors, recorder = io.StringIO(), Recorder()
    logging.getLogger().addHandler(recorder)
    try:
        with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
            namespace = parser.parse_args(words)
    except SystemExit as ending:
        message = errors.getvalue().strip().rpartition(": error: ")[2]
        return _verdict(recorder, message=message if ending.code else "asked for help")
    except Exception as error:  # noqa: BLE001  # a traceback of the engine ends the launch, too
        return _verdict(recorder, message=f"{type(error).__name__}: {error}")
    finally:
        logging.getLogger().removeHandler(recorder)
    values = {name: plain(value) for name, value in vars(namespace).items()}
    return _verdict(recorder, accepted=True, namespace=values)


def _verdict(recorder: Recorder, **said: Any) -> dict[str, Any]:
    answer = {"accepted": False, "message": "", "namespace": {}, "warnings": recorder.messages}
    return answer | said


def main() -> None:
    """Answer until the questions end: ``null`` asks for the dump, a list of words for a verdict."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the engine prints stays out of the answers
    parser = build(sys.argv[1])
    for line in sys.stdin:
        words = json.loads(line)
        if words is None:
            options = [describe(parser, it) for it in parser._actions if it.dest != "help"]
            answer: dict[str, Any] = {"options": options, "failed": FAILED}
        else:
            answer = judge(parser, words)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
