"""Which route a request is for: by the characters that were sent, undecoded and unmended.

A path that is decoded, or whose slashes and dots are mended, before it is looked up can mean
something else to the engine that reads it again. What is not literally on the list is not there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deployer.serve.door.terms import Route

NAME = "[A-Za-z0-9_-]{1,128}"

QUERY = re.compile(r"[A-Za-z0-9_.~!$&'()*+,;=:@/?%\[\]-]{0,2048}")
"""What a query may hold (RFC 3986 section 3.4, and brackets, which clients send)."""


class Routes:
    """The list, looked up by a path as it was sent."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._exact: dict[str, Route] = {}
        self._patterns: list[tuple[re.Pattern[str], Route]] = []
        for route in routes:
            if "{" in route.path:
                parts = re.split(r"\{[a-z_]+\}", route.path)
                self._patterns.append((re.compile(NAME.join(map(re.escape, parts))), route))
            else:
                self._exact[route.path] = route

    def find(self, path: str) -> Route | None:
        """Give the route of a path, None where there is none."""
        if found := self._exact.get(path):
            return found
        return next((route for like, route in self._patterns if like.fullmatch(path)), None)


def split(target: str) -> tuple[str, str] | None:
    """Give path and query of a request's target; None for one that is no plain path.

    ``http://host/path``, ``host:port`` and ``*`` are what a proxy or a server is asked for.
    """
    path, mark, query = target.partition("?")
    if not path.startswith("/") or not path.isascii() or QUERY.fullmatch(query) is None:
        return None
    return path, mark + query
