"""``real_parser("0.5.12")``: a real parser that the whole test session shares.

Import the fixture into a ``conftest.py``: ``from tests.engines.fixtures import real_parser``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.engines.real_parser import RealParser


@pytest.fixture(scope="session")
def real_parser() -> Iterator[Callable[[str], RealParser]]:
    """Give a function from a release to its parser, started when it is first asked for."""
    with contextlib.ExitStack() as stack:
        started: dict[str, RealParser] = {}

        def of(version: str) -> RealParser:
            if version not in started:
                started[version] = stack.enter_context(RealParser(version))
            return started[version]

        yield of
