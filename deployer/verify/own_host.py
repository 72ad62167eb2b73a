"""Headers for one host alone: a redirect elsewhere is followed without them.

Both clients leave the key out by themselves when they are sent elsewhere, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping


class Sent(Protocol):
    """A request of the SDK's own client, as far as it is looked at."""

    @property
    def url(self) -> object:
        """Where it goes."""

    @property
    def headers(self) -> MutableMapping[str, str]:
        """What it carries."""


class OwnHost(requests.Session):
    """A session that sends ``headers`` to the host of ``url`` with every request."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        super().__init__()
        self._url = url
        self._own = dict(headers)

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:  # noqa: ANN401 - the base's own
        """Send a request; the next one of a redirect comes through here as well."""
        _fit(request.headers, self._own, own=_origin(request.url or "") == _origin(self._url))
        return super().send(request, **settings)


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
