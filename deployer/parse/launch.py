"""Where in a command the engine's own words begin.

People write `python3 -m sglang.launch_server`, `sglang serve MODEL`, a path to either, with
variables and wrappers before them, or the flags alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from deployer.late import compile_pattern

ASSIGNMENT = compile_pattern(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
PYTHON = compile_pattern(r"(python|pypy)[0-9.]*")
WRAPPERS = frozenset({"env", "exec", "nohup", "sudo", "time", "command", "numactl", "setsid"})
WRAPPER_VALUES = frozenset({"-u", "-C", "-f", "-g", "-o", "-N", "-m", "-n"})
"""Options of wrappers that take the word after them (`env -u`, `sudo -u`, `numactl -N`)."""

MODULES = frozenset({"sglang.launch_server", "sglang.srt.entrypoints.http_server"})
COMPILE = "sglang.compile_deep_gemm"
COMPILE_ONLY = "--timeout"
"""The one flag of `sglang.compile_deep_gemm` that the server does not have."""

SERVE_ONLY = "--model-type"
"""The one flag that `sglang serve` takes for itself (0.5.23 ``sglang/cli/serve.py``)."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A command taken apart.

    ``before`` are the words before the engine's own, ``words`` the engine's, ``variables`` the
    assignments among those before. A model that `sglang serve` takes without a flag is given its
    flag. ``entry`` names what is started: ``sglang.launch_server``, ``sglang serve``,
    ``sglang.compile_deep_gemm``, or nothing where there are only flags.
    """

    before: tuple[str, ...]
    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    entry: str


def launch(words: Sequence[str]) -> Launch | None:
    """Take a command apart; None where it starts no SGLang server."""
    words = tuple(words)
    start = _after_wrappers(words)
    variables = tuple(
        (match[1], match[2]) for word in words[:start] if (match := ASSIGNMENT.fullmatch(word))
    )
    found = _entry(words[start:])
    if found is None:
        return None
    entry, length = found
    before, own = words[: start + length], words[start + length :]
    if entry == "sglang serve":
        own = _with_model_flag(_without(own, SERVE_ONLY))
    if entry == COMPILE:
        own = _without(own, COMPILE_ONLY)
    return Launch(before=before, words=own, variables=variables, entry=entry)


def _after_wrappers(words: Sequence[str]) -> int:
    """Skip `env VAR=x nohup` and the like, with the options of wrappers."""
    index, wrapped = 0, False
    while index < len(words):
        word = words[index]
        if ASSIGNMENT.fullmatch(word) and not word.startswith("-"):
            index += 1
        elif PurePosixPath(word).name in WRAPPERS:
            index, wrapped = index + 1, True
        elif wrapped and word.startswith("-"):
            index += 2 if word in WRAPPER_VALUES else 1
        else:
            return index
    return index


def _entry(words: Sequence[str]) -> tuple[str, int] | None:
    """Give what is started, and how many words say so."""
    if not words or words[0].startswith("-"):
        return "", 0
    name = PurePosixPath(words[0]).name
    if PYTHON.fullmatch(name):
        return _of_python(words)
    if name == "sglang" and len(words) > 1 and words[1] in {"serve", "launch_server"}:
        return "sglang serve", 2
    if name == "launch_server.py":
        return "sglang.launch_server", 1
    return None


def _of_python(words: Sequence[str]) -> tuple[str, int] | None:
    """Skip the interpreter's own options up to the module or the script."""
    index = 1
    while index < len(words) and words[index].startswith("-") and words[index] != "-m":
        index += 2 if words[index] in {"-W", "-X"} else 1
    if index >= len(words):
        return None
    if words[index] == "-m":
        module = words[index + 1] if index + 1 < len(words) else ""
        if module in MODULES:
            return "sglang.launch_server", index + 2
        return (module, index + 2) if module == COMPILE else None
    named = PurePosixPath(words[index]).name == "launch_server.py"
    return ("sglang.launch_server", index + 1) if named else None


def _with_model_flag(words: tuple[str, ...]) -> tuple[str, ...]:
    if words and not words[0].startswith("-"):
        return ("--model-path", *words)
    return words


def _without(words: tuple[str, ...], flag: str) -> tuple[str, ...]:
    """Take a flag with its one value out."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word == flag:
            skip = True
        elif not word.startswith(f"{flag}="):
            kept.append(word)
    return tuple(kept)
