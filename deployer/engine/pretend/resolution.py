"""Asks SGLang to parse and resolve one argument list, and writes down all that it says."""

# ruff: noqa: ANN401  # the engine's own objects, whose types are not installed here

import argparse
import contextlib
import dataclasses
import importlib
import io
import logging
import os
import re
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LEVELS = {logging.WARNING: "warning", logging.ERROR: "error", logging.CRITICAL: "error"}
REFUSALS = (ValueError, AssertionError, NotImplementedError, RuntimeError)
"""What SGLang raises for arguments that it refuses. Anything else is a fault of the pretence."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def resolve(engine: Any, arguments: list[str]) -> dict[str, Any]:
    """Resolve an argument list; give its outcome, its values and what SGLang said meanwhile.

    ``outcome`` is ``resolved``, ``refused`` (SGLang raised one of :data:`REFUSALS` itself, or its
    parser ended the program) or ``broken`` (it failed where it could not have failed at home).
    """
    before = dict(os.environ)
    said, printed = _Said(), io.StringIO()
    answer: dict[str, Any] = {"outcome": "resolved", "message": "", "where": "", "values": []}
    with said.listening(), contextlib.redirect_stderr(printed):
        try:
            answer["values"] = _values(engine, arguments)
        except SystemExit as stop:
            answer |= _refused_by_parser(stop, printed.getvalue())
        except Exception as error:  # noqa: BLE001 - every failure is an answer
            answer |= _failed(error)
    variables = {name: value for name, value in os.environ.items() if before.get(name) != value}
    return answer | {"said": said.lines, "variables": variables}


def _values(engine: Any, arguments: list[str]) -> list[dict[str, Any]]:
    parser = argparse.ArgumentParser(prog="sglang serve")
    engine.ServerArgs.add_cli_args(parser)
    stated = vars(parser.parse_args(arguments))
    resolved = engine.prepare_server_args(arguments)
    if hasattr(resolved, "resolve_once"):  # up to 0.5.12 the constructor resolves
        resolved.resolve_once()
    resolved.check_server_args()
    rules = dict(_rules(resolved))
    defaults = _defaults(engine.ServerArgs)
    words = {word.partition("=")[0] for word in arguments if word.startswith("--")}
    writing, values = _options(parser), []
    for name, value in _fields(resolved).items():
        options = writing.get(name, [])
        first = options[0] if options else None
        about = {
            "field": name,
            "flag": first.option_strings[0] if first else "",
            "default": _plain(first.default if first else defaults.get(name)),
            "given": any(words & set(option.option_strings) for option in options),
            "stated": _plain(stated.get(first.dest) if first else None),
            "resolved": _plain(value),
            "rule": rules.get(name, ""),
        }
        values += [about] if not name.startswith("_") else []
    return values


def _fields(resolved: Any) -> dict[str, Any]:
    """Give every field with the value that the engine would run with."""
    if hasattr(resolved, "resolved_dict"):
        return dict(resolved.resolved_dict())
    return {name: getattr(resolved, name) for name in _defaults(type(resolved))}


def _defaults(record: Any) -> dict[str, Any]:
    """Give the fields of SGLang's record (a dataclass, later a Struct) and their defaults."""
    if dataclasses.is_dataclass(record):
        fields: Any = dataclasses.fields(record)
    else:
        fields = importlib.import_module("msgspec.structs").fields(record)
    return {field.name: _default(field) for field in fields}


def _default(field: Any) -> Any:
    if callable(field.default_factory):
        return field.default_factory()
    missing = (
        field.default is dataclasses.MISSING or type(field.default).__name__ == "NoDefaultType"
    )
    return None if missing else field.default


def _options(parser: argparse.ArgumentParser) -> dict[str, list[argparse.Action]]:
    """Give the options that write each field, the one of its own name first.

    Up to 0.5.12 ``--tp-size`` has another destination (``tensor_parallel_size``) than its field.
    """
    found: dict[str, list[argparse.Action]] = {}
    for action in parser._actions:  # noqa: SLF001 - argparse has no other list
        own = [name.removeprefix("--").replace("-", "_") for name in action.option_strings]
        for field in dict.fromkeys([*own, action.dest] if own else []):
            known = found.setdefault(field, [])
            known.insert(0 if field in own else len(known), action)
    return found


def _rules(resolved: Any) -> list[tuple[str, str]]:
    """Name the rule that decided each field last, where the release keeps book (0.5.20 and on)."""
    decided = getattr(resolved, "_resolved_overrides", None) or ()
    return [(name, str(source)) for source, fields in decided for name in fields]


def _plain(value: Any) -> Any:
    """Turn a value into JSON: records to objects, enums to their values, the rest to text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if hasattr(value, "__struct_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    return _plain(value.value) if hasattr(value, "value") else str(value)


def _refused_by_parser(stop: SystemExit, printed: str) -> dict[str, Any]:
    message = printed.rpartition("error: ")[2].strip() or f"exit status {stop.code}"
    return {"outcome": "refused", "message": _COLOUR.sub("", message), "where": "the parser"}


def _failed(error: Exception) -> dict[str, Any]:
    """Tell a refusal from a failure by its type and by who raised it."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    parts = Path(frame.filename).parts
    inside = "sglang" in parts
    place = "/".join(parts[len(parts) - 1 - parts[::-1].index("sglang") :]) if inside else parts[-1]
    refused = inside and isinstance(error, REFUSALS)
    message = _COLOUR.sub("", str(error)).strip()
    return {
        "outcome": "refused" if refused else "broken",
        "message": message if refused and message else f"{type(error).__name__}: {message}",
        "where": f"{place}:{frame.lineno}",
    }


class _Said(logging.Handler):
    """Keeps what SGLang logs at warning and above, and Python's own warnings, in their order."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[dict[str, str]] = []

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen for the length of the block.

        On SGLang's own logger: its parser replaces the handlers of the root.
        """
        logger = logging.getLogger("sglang")
        logger.setLevel(logging.WARNING)
        logger.addHandler(self)
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.showwarning = self._warned
            yield
        logger.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, each text once."""
        level = LEVELS[max(number for number in LEVELS if number <= record.levelno)]
        self._keep(level, record.getMessage())

    def _warned(self, message: Warning | str, *_where: object, **_more: object) -> None:
        self._keep("warning", str(message))

    def _keep(self, level: str, text: str) -> None:
        line = {"level": level, "text": _COLOUR.sub("", text).strip()}
        if line not in self.lines:
            self.lines.append(line)
