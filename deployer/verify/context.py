"""What a probe asks with: the SDK's client, a plain HTTP session, and the bounds."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests
from openai import DEFAULT_CONNECTION_LIMITS, DefaultHttpxClient, OpenAI, Timeout

from deployer.headers import SHAPE_BY, TOLD_BY
from deployer.verify.own_host import KEPT, OwnHost, for_own_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from deployer.verify.endpoint import Endpoint

CONNECT_SECONDS = 10.0
"""The most seconds to wait for a connection; Modal's front accepts at once, also while a
container starts."""

SETTLE = 5.0
"""Seconds that metrics may lag behind what was answered."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""What sends elsewhere (RFC 9110, 15.4); the answer itself comes from there."""

NO_KEY = "EMPTY"
"""What the SDK sends where no key is needed, because it insists on one."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a probe asks with.

    ``timeout`` is the longest silence, in seconds, that is taken from the server: it bounds the
    wait for an answer, for each further piece of it, and for each hop of a redirect.
    ``max_tokens`` bounds each answer. ``told`` is what each answer so far told of its release, ''
    where it told nothing, and ``shapes`` what they told of that. ``settle`` is how many seconds
    metrics may lag behind.
    """

    endpoint: Endpoint
    model: str
    client: OpenAI
    session: requests.Session
    timeout: float
    max_tokens: int
    told: list[str]
    shapes: dict[str, None]
    settle: float = SETTLE
    clock: Callable[[], float] = field(default=time.monotonic)
    sleep: Callable[[float], None] = field(default=time.sleep)

    def get(self, path: str, *, api_key: str | None = None) -> requests.Response:
        """Send a GET, with a key if one is given; redirects are followed."""
        url = f"{self.endpoint.url}{path}"
        return self.session.get(url, timeout=self.bounds(), auth=self._bearer(api_key))

    def post(
        self, path: str, body: dict[str, object], *, api_key: str | None = None
    ) -> requests.Response:
        """Send a JSON body, with a key if one is given; redirects are followed."""
        url = f"{self.endpoint.url}{path}"
        auth = self._bearer(api_key)
        return self.session.post(url, json=body, timeout=self.bounds(), auth=auth)

    def send(self, path: str, body: bytes, *, api_key: str | None) -> requests.Response:
        """Send bytes that are said to be JSON, whatever they are."""
        self.endpoint.guard()
        return self.session.post(
            f"{self.endpoint.url}{path}",
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=self.bounds(),
            auth=_Bearer(api_key),
        )

    def ask(
        self,
        method: str,
        path: str,
        body: dict[str, object] | None,
        headers: Mapping[str, str],
    ) -> requests.Response:
        """Send a request with these headers, and no key but what stands in them."""
        self.endpoint.guard()
        return self.session.request(
            method,
            f"{self.endpoint.url}{path}",
            json=body,
            headers=dict(headers),
            timeout=self.bounds(),
            auth=_Bearer(None),
            allow_redirects=False,
        )

    def as_stranger(self, path: str, headers: Mapping[str, str]) -> requests.Response:
        """Send a GET with these headers, and with nothing of the endpoint's own."""
        self.endpoint.guard()
        with requests.Session() as session:
            session.trust_env = self.session.trust_env
            return session.get(
                f"{self.endpoint.url}{path}",
                headers=dict(headers),
                timeout=self.bounds(),
                auth=_Bearer(None),
                allow_redirects=False,
            )

    def announce(self, path: str, size: int, seconds: float) -> int:
        """Announce a body of so many bytes, send none of it, and give the status of the answer.

        Nothing else may go over this connection: the server still waits there for the body, or is
        about to end it.
        """
        self.endpoint.guard()
        request = requests.Request(
            "POST", f"{self.endpoint.url}{path}", data=b"", auth=_Bearer(self.endpoint.api_key)
        )
        prepared = self.session.prepare_request(request)
        prepared.headers.update(
            {
                "Content-Length": str(size),
                "Content-Type": "application/json",
                "Connection": "close",
            }
        )
        settings = self.session.merge_environment_settings(prepared.url, {}, None, None, None)
        settings["stream"] = True  # then closing the answer closes the connection as well
        with self.session.send(
            prepared, timeout=(min(seconds, CONNECT_SECONDS), seconds), **settings
        ) as answer:
            return answer.status_code

    def bounds(self) -> tuple[float, float]:
        """Give the seconds to connect and the seconds to wait."""
        return (min(self.timeout, CONNECT_SECONDS), self.timeout)

    def _bearer(self, api_key: str | None) -> _Bearer:
        self.endpoint.guard()
        return _Bearer(api_key)


@contextmanager
def open_context(
    endpoint: Endpoint,
    *,
    model: str,
    timeout: float,
    max_tokens: int,
    settle: float = SETTLE,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Context]:
    """Open the clients for one endpoint and close them at the end. ``timeout`` is in seconds."""
    told: list[str] = []
    shapes: dict[str, None] = {}
    with (
        _client(endpoint, timeout, told, shapes) as client,
        OwnHost(endpoint.url, endpoint.headers) as session,
    ):
        session.trust_env = not endpoint.here
        session.hooks["response"].append(
            lambda answer, **_: _note(told, shapes, answer.status_code, answer.headers)
        )
        yield Context(
            endpoint=endpoint,
            model=model,
            client=client,
            session=session,
            timeout=timeout,
            max_tokens=max_tokens,
            told=told,
            shapes=shapes,
            settle=settle,
            clock=clock,
        )


class _Bearer(requests.auth.AuthBase):
    """The key, or nothing; an explicit object keeps ``requests`` from looking into ~/.netrc."""

    def __init__(self, api_key: str | None) -> None:
        self._key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key is not None:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request


def _note(
    told: list[str], shapes: dict[str, None], status: int, headers: Mapping[str, str]
) -> None:
    """Note what an answer tells of its release and shape; a redirect is nobody's of ours."""
    if status not in REDIRECTS:
        told.append(headers.get(TOLD_BY, ""))
        if shape := headers.get(SHAPE_BY):
            shapes[shape] = None


def _client(endpoint: Endpoint, timeout: float, told: list[str], shapes: dict[str, None]) -> OpenAI:
    return OpenAI(
        api_key=endpoint.api_key or NO_KEY,
        base_url=f"{endpoint.url}/v1",
        timeout=Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
        http_client=DefaultHttpxClient(
            trust_env=not endpoint.here,
            limits=type(DEFAULT_CONNECTION_LIMITS)(keepalive_expiry=KEPT),
            event_hooks={
                "request": [
                    lambda _: endpoint.guard(),
                    for_own_host(endpoint.url, endpoint.headers),
                ],
                "response": [
                    lambda answer: _note(told, shapes, answer.status_code, answer.headers)
                ],
            },
        ),
        # A retry would hide an error behind a later success, and triple every timeout.
        max_retries=0,
    )
