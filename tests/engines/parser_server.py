"""Builds the real argparse parser of one SGLang wheel and answers questions about it.

Run as ``python -m tests.engines.parser_server WHEEL``: one JSON line in, one JSON line out. It
executes code of the wheel, which is why it is a process of its own; see `stubs` for what is not
the wheel's. Without a wheel it uses the SGLang that is installed beside its Python.
"""

from __future__ import annotations

import argparse
import contextlib
import enum
import gc
import importlib
import io
import json
import logging
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

from tests.engines import stubs

PROGRAM = "launch_server"
MERGER = "server_args_config_parser.py"


def build(wheel: str) -> argparse.ArgumentParser:
    """Import the wheel's ``ServerArgs`` and let it fill a parser."""
    if wheel:
        stubs.install(wheel)
    server_args = importlib.import_module("sglang.srt.server_args")
    parser = argparse.ArgumentParser(prog=PROGRAM)
    server_args.ServerArgs.add_cli_args(parser)
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


def variables() -> dict[str, Any]:
    """Give the declared environment variables with their defaults; null where one is computed."""
    environ = importlib.import_module("sglang.srt.environ")
    fields = {
        name: it.default
        for name, it in vars(environ.Envs).items()
        if isinstance(it, environ.EnvField)
    }
    return {name: None if callable(it) else _unexpanded(plain(it)) for name, it in fields.items()}


def platform() -> str:
    """Name the class of the platform that the installed SGLang runs on."""
    return type(importlib.import_module("sglang.srt.platforms").current_platform).__name__


def _unexpanded(value: Any) -> Any:
    """Write the user's own folder as ``~`` again: it is not the release's."""
    home = str(Path.home())
    return value.replace(home, "~", 1) if isinstance(value, str) else value


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
        message = errors.getvalue().strip().partition(f"{PROGRAM}: error: ")[2]
        return _verdict(recorder, message=message if ending.code else "asked for help")
    except Exception as error:  # noqa: BLE001  # a traceback of the engine ends the launch, too
        return _verdict(recorder, message=f"{type(error).__name__}: {error}")
    finally:
        logging.getLogger().removeHandler(recorder)
    values = {name: plain(value) for name, value in vars(namespace).items()}
    return _verdict(recorder, accepted=True, namespace=values)


def merged(parser: argparse.ArgumentParser, wheel: str, folder: Path) -> list[Any]:
    """Let the release's merger turn config files into words, or end with a message."""
    with zipfile.ZipFile(wheel) as archive:
        (path,) = [name for name in archive.namelist() if name.endswith(f"/{MERGER}")]
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    merging = module.ConfigArgumentMerger(parser)
    answers: list[Any] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            answers.append(merging.merge_config_with_args(["--config", str(file)]))
        except Exception as error:  # noqa: BLE001 - whatever ends the engine is an answer
            answers.append(f"{type(error).__name__}: {error}")
    return answers


def _verdict(recorder: Recorder, **said: Any) -> dict[str, Any]:
    answer = {"accepted": False, "message": "", "namespace": {}, "warnings": recorder.messages}
    return answer | said


def main() -> None:
    """Answer until the questions end.

    ``null`` asks for the dump, a list of words for a verdict, and the text of a folder for what
    the config files there are merged to, in order.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the engine prints stays out of the answers
    wheel = sys.argv[1] if len(sys.argv) > 1 else ""
    gc.disable()  # what a release imports is no garbage
    parser = build(wheel)
    gc.freeze()
    gc.enable()
    for line in sys.stdin:
        words = json.loads(line)
        answer: Any
        if words is None:
            options = [describe(parser, it) for it in parser._actions if it.dest != "help"]
            answer = {
                "options": options,
                "variables": variables(),
                "failed": stubs.FAILED,
                "platform": "" if wheel else platform(),
            }
        elif isinstance(words, str):
            answer = merged(parser, sys.argv[1], Path(words))
        else:
            answer = judge(parser, words)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
