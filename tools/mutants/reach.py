"""Finds out which tests run which lines, so that a mutant is judged by those alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass(slots=True)
class Reach:
    """What the tests of a room take (CPU seconds), and the tests that run each line of a file."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)

    def tests(self, file: str, line: int) -> list[str]:
        """Give the tests that run a line, the quickest first.

        What runs when a module is imported is run by no test: then all that run anything of the
        file, or else all of the room.
        """
        known = self.lines.get(file, {})
        found = known.get(line) or sorted({one for tests in known.values() for one in tests})
        return sorted(found or self.seconds, key=lambda test: self.seconds[test])

    def to_json(self) -> str:
        """Write it down, for another process."""
        return json.dumps([self.seconds, self.lines])

    @classmethod
    def from_json(cls, text: str) -> Reach:
        """Read what :meth:`to_json` wrote."""
        seconds, lines = json.loads(text)
        return cls(
            seconds,
            {f: {int(line): tests for line, tests in found.items()} for f, found in lines.items()},
        )

    def cost(self, tests: list[str]) -> float:
        """Give the CPU seconds that some tests took."""
        return sum(self.seconds[test] for test in tests)


class Recorder:
    """A plugin of pytest that fills a :class:`Reach`."""

    def __init__(self, root: Path, files: tuple[str, ...]) -> None:
        import coverage  # noqa: PLC0415 - after the fork

        self.reach = Reach()
        self._root, self._files = root, files
        include = [str(root / file) for file in files]
        self._coverage = coverage.Coverage(data_file=None, include=include, config_file=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure one test, with its fixtures."""
        self._coverage.switch_context(item.nodeid)
        before = time.process_time()
        result = yield
        self.reach.seconds[item.nodeid] = time.process_time() - before
        self._coverage.switch_context("")
        return result

    def pytest_sessionstart(self) -> None:
        """Begin before anything of the rooms is imported."""
        self._coverage.start()

    def pytest_sessionfinish(self) -> None:
        """Keep what was seen."""
        self._coverage.stop()
        data: Any = self._coverage.get_data()
        for file in self._files:
            seen = data.contexts_by_lineno(str(self._root / file))
            self.reach.lines[file] = {
                line: tests for line, found in seen.items() if (tests := [t for t in found if t])
            }
