"""Headers for one host alone: a redirect elsewhere is followed without them.

Both clients leave the key out by themselves when they are sent elsewhere, and nothing else.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping


KEPT = 2.0
"""Seconds that a connection may lie idle and still be used: uvicorn, which SGLang serves with, ends
one after 5 (its `timeout_keep_alive`), and a request that meets the end would get no answer."""


class Sent(Protocol):
    """A request of the SDK's own client, as far as it is looked at."""

    @property
    def url(self) -> object:
        """Where it goes."""

    @property
    def headers(self) -> MutableMapping[str, str]:
        """What it carries."""


class OwnHost(requests.Session):
    """A session that sends ``headers`` to the host of ``url`` with every request.

    ``clock`` counts the seconds for which its connections lie idle.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._url = url
        self._own = dict(headers)
        self._clock = clock
        self._used = clock()

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:  # noqa: ANN401 - the base's own
        """Send a request; the next one of a redirect comes through here as well."""
        _fit(request.headers, self._own, own=_origin(request.url or "") == _origin(self._url))
        if self._clock() - self._used > KEPT:
            self.close()  # its connections alone: the next request makes new ones
        try:
            return super().send(request, **settings)
        finally:
            self._used = self._clock()


def for_own_host(url: str, headers: Mapping[str, str]) -> Callable[[Sent], None]:
    """Make the hook of the SDK's client that does the same."""

    def fit(request: Sent) -> None:
        _fit(request.headers, headers, own=_origin(str(request.url)) == _origin(url))

    return fit


def _fit(found: MutableMapping[str, Any], headers: Mapping[str, str], *, own: bool) -> None:
    for name, value in headers.items():
        if own:
            found[name] = value
        else:
            found.pop(name, None)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", parts.port or usual
