"""The real argparse parser of a published SGLang release, in a process of its own.

    verdict = shared("0.5.12").verdict(["--model-path", "m", "--tp", "8"])

A verdict says what the release's own ``parse_args`` does with an argument list. ``--help`` counts
as not accepted (message ``asked for help``): nothing is launched.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deployer.catalogue.cache import wheel_path
from tests.forks import ROOT, Command, asked

__all__ = ["DEEP", "RealParser", "Verdict", "shared", "wheel_path"]

SERVER = "tests.engines.parser_server"
NEEDS = ("openai", "openai.types.responses", "aiohttp", "huggingface_hub.hf_api", "requests")
"""What every release imports that is no stub."""

DEEP = ("0.5.9", "0.5.10.post1", "0.5.12", "0.5.13", "0.5.14", "0.5.18", "0.5.20", "0.5.23")
"""The releases at which the command line changed most: tests of several files ask them."""


@functools.cache
def shared(version: str) -> RealParser:
    """Give a parser that all tests of this process share: a start takes a second or two of CPU."""
    parser = RealParser(version).__enter__()
    atexit.register(parser.__exit__, None, None, None)
    return parser


@dataclass(frozen=True)
class Verdict:
    """What the real parser answers to one argument list.

    ``message`` is the error without the usage lines, ``namespace`` the parsed values as JSON (the
    repr of what has no JSON form), ``warnings`` what was logged: the deprecations.
    """

    accepted: bool
    message: str
    namespace: dict[str, Any]
    warnings: tuple[str, ...]


class RealParser:
    """A context manager that starts the parser of one release and ends it."""

    def __init__(self, version: str, python: Path | None = None) -> None:
        """``python``: that of an environment where SGLang is installed, instead of the wheel."""
        self.version = version
        self._python = python
        self._process: subprocess.Popen[str] | Command | None = None

    def __enter__(self) -> Self:
        kept = {name: it for name, it in os.environ.items() if not name.startswith("SGL")}
        if not self._python:
            self._process = asked(SERVER, [str(wheel_path(self.version).resolve())], NEEDS, **kept)
            return self
        self._process = subprocess.Popen(
            [str(self._python), "-W", "ignore", "-m", SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=kept,
            cwd=ROOT,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        process = self._running()
        process.communicate()
        self._process = None

    def verdict(self, words: Sequence[str]) -> Verdict:
        """Say whether this release's parser accepts the words after ``sglang.launch_server``."""
        answer = self._ask(list(words))
        return Verdict(
            answer["accepted"], answer["message"], answer["namespace"], tuple(answer["warnings"])
        )

    def dump(self) -> dict[str, Any]:
        """Give what the release really has.

        ``options``: every option in order, ``--help`` apart, with the keys of a catalogue's entry;
        ``variables``: the declared environment variables; ``failed``: the modules of the wheel that
        do not run on this machine and were replaced; ``platform``: the class of that which an
        installed SGLang runs on.
        """
        dump: dict[str, Any] = self._ask(None)
        return dump

    def merged(self, folder: Path) -> list[list[str] | str]:
        """Give the words that the release makes of each ``*.yaml`` there, or how it would end."""
        answers: list[list[str] | str] = self._ask(str(folder))
        return answers

    def _ask(self, question: list[str] | str | None) -> Any:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, (
            f"the parser of {self.version} ended; run `python -m {SERVER} WHEEL` by hand to see why"
        )
        return json.loads(line)

    def _running(self) -> subprocess.Popen[str] | Command:
        assert self._process is not None, "use `with RealParser(version) as parser:`"
        return self._process
