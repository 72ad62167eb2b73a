"""The shared real parsers, for the tests of them."""

from __future__ import annotations

from tests.engines.fixtures import real_parser

__all__ = ["real_parser"]
