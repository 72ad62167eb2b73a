"""An endpoint to ask: where it is, how to get in, and what its profile promises."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from socket import inet_aton
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deployer.errors import UsageError
from deployer.headers import TOLD_DIGITS
from deployer.secret import forms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.release import Release

HIDDEN = "[key]"
"""What stands in a text where the API key stood."""


def unguarded() -> None:
    """Object to nothing: whoever gave the URL says that the key may go there."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A live endpoint, and which of its abilities the profile promises.

    ``url`` is the base URL; a trailing ``/`` or ``/v1`` is taken off. ``api_key`` is None (or
    empty) for an endpoint without one. ``model`` is the served name, or None to take the first
    that ``/v1/models`` lists. ``thinking`` and ``tools`` say that a parser is set for them,
    ``metrics`` that ``/metrics`` is on, ``auth`` that an API key is required, ``cache`` that
    prefixes are kept, ``deterministic`` that seeds are kept to, ``bounded`` that bodies are.
    ``engine`` is the engine's version, '' where it is not known. ``release`` are the
    first digits of the digest that every answer must tell, '' where none is expected. ``guard`` is
    called before each request, and raises Failure where the key would go to somebody else.
    ``headers`` are what a platform in front of the server wants to see, such as Modal's proxy
    token: they go with each request, to this host alone, and no value of theirs is ever shown.

    Raises :class:`~deployer.errors.UsageError` for a URL or a key that no request can carry.
    The key stands in no message and not in ``repr``.
    """

    url: str
    api_key: str | None = field(default=None, repr=False)
    model: str | None = None
    thinking: bool = False
    tools: bool = False
    metrics: bool = False
    auth: bool = False
    cache: bool = True
    deterministic: bool = False
    bounded: bool = False
    engine: str = ""
    release: str = ""
    guard: Callable[[], None] = field(default=unguarded, repr=False, compare=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Normalise the URL, turn empty texts into None, and refuse what cannot be sent."""
        object.__setattr__(self, "url", _base(self.url))
        object.__setattr__(self, "api_key", self.api_key or None)
        object.__setattr__(self, "model", self.model or None)
        _check_key(self.api_key)

    @classmethod
    def from_release(
        cls,
        release: Release,
        url: str,
        api_key: str | None,
        guard: Callable[[], None] = unguarded,
        headers: Mapping[str, str] | None = None,
    ) -> Endpoint:
        """Take the promises from a release's arguments; raises like the constructor."""
        flags = {argument.flag for argument in release.arguments}
        return cls(
            url=url,
            api_key=api_key,
            model=release.model.served_name,
            thinking="--reasoning-parser" in flags,
            tools="--tool-call-parser" in flags,
            metrics="--enable-metrics" in flags,
            auth=bool(release.listen.api_key_variable),
            cache="--disable-radix-cache" not in flags,
            deterministic="--enable-deterministic-inference" in flags,
            bounded=release.listen.body_limit > 0,
            engine=release.engine.version,
            release=release.digest()[:TOLD_DIGITS],
            guard=guard,
            headers=headers or {},
        )

    @property
    def here(self) -> bool:
        """Whether it is on this machine: no proxy of the environment has any business there."""
        host = (urlsplit(self.url).hostname or "").rstrip(".")
        return host == "localhost" or host.endswith(".localhost") or _leads_here(host)

    def hide(self, text: str) -> str:
        """Take all that is secret out of a text, also where JSON, HTML or a URL has escaped it."""
        hidden = (*([self.api_key] if self.api_key else []), *self.headers.values())
        spellings = {form for each in hidden for form in forms(each)}
        for form in sorted(spellings, key=len, reverse=True):
            text = text.replace(form, HIDDEN)
        return text


def _leads_here(host: str) -> bool:
    """Whether a host is an address of this machine, in any spelling that connect(2) takes there.

    Beside 127.0.0.1 that is `127.1` and `2130706433` (inet_aton(3)), an address that names no
    interface (ip(7), INADDR_ANY), and IPv4 within IPv6 (RFC 4291, 2.5.5.2).
    """
    try:
        address = ip_address(host)
    except ValueError:
        try:
            address = ip_address(inet_aton(host))
        except OSError:
            return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def _base(url: str) -> str:
    base = url.strip().rstrip("/").removesuffix("/v1").rstrip("/")
    try:
        parts = urlsplit(base)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        inside = parts.username is not None or bool(parts.query) or bool(parts.fragment)
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        usable, inside = False, False
    if inside:
        # The URL is not shown: what stands there may be a secret.
        msg = "the endpoint's URL holds a user name, a query or a fragment"
        raise UsageError(msg, hint="give the bare URL; the API key travels in a header")
    if not usable:
        msg = f"{url!r} is not the URL of an endpoint"
        raise UsageError(msg, hint="give http:// or https://, a host and, if need be, a port")
    return base


def _check_key(key: str | None) -> None:
    if key and not all("!" <= character <= "~" for character in key):
        msg = "the API key holds a space, a line end or a character that no HTTP header can carry"
        raise UsageError(msg, hint="look for a trailing newline where the key is stored")
