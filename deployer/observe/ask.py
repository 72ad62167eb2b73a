"""Asking an endpoint for its metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import requests

from deployer.errors import Failure, NotReached
from deployer.exposition import NotMetricsError, read
from deployer.observe.reading import Look

OK = 200
HINTS = {
    404: "`observability.metrics: true` in its profile turns metrics on",
    503: "it is starting or ending; `deployer status` says how it stands",
}
"""What to do about an answer that is no metrics, by its status."""

TIMEOUT = 10.0
LARGEST = 16 * 1024 * 1024
"""Bytes of an answer that are read; 0.5.23 writes about 100 kB for each scheduler."""


def look(
    url: str,
    key: str,
    guard: Callable[[], None],
    *,
    here: bool,
    more: Mapping[str, str] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Look:
    """Read ``/metrics``. ``guard`` raises where the key would go to somebody else.

    ``more`` are further headers, which a platform in front of the server wants to see.

    Raises NotReached where nobody answers, Failure for an answer that holds no metrics.
    """
    guard()
    headers = {**(more or {}), **({"Authorization": f"Bearer {key}"} if key else {})}
    try:
        with requests.Session() as session:
            session.trust_env = not here  # a proxy has no business on this machine
            answer = session.get(
                f"{url}/metrics", headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
            at, text = clock(), answer.text[:LARGEST]
    except requests.RequestException as error:
        message = f"{url} does not answer: {type(error).__name__}"
        raise NotReached(message, hint="`deployer status` says how it stands") from error
    if answer.status_code != OK:
        message = f"{url}/metrics answered with status {answer.status_code}"
        hint = HINTS.get(answer.status_code, "`deployer status` says how it stands")
        raise Failure(message, hint=hint)
    try:
        return Look(at, read(text))
    except NotMetricsError as error:
        message = f"{url}/metrics holds no metrics: {error}"
        raise Failure(message) from error
