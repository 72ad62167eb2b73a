"""Asks a local server whether it answers, and whether it takes a key."""

from __future__ import annotations

import http.client

_KEY_SECONDS = 10.0  # /v1/models is answered without the engine: hundreds of times what it takes


def complaint(port: int, key: str, health_timeout: float) -> str:
    """Say what is wrong with the server on ``port``; '' for one that is healthy and takes ``key``.

    ``health_timeout`` is in seconds; SGLang generates a token for ``/health``, so it takes 1 s.
    Prove first that the port is that server's (:mod:`deployer.apply.local.listener`).
    """
    if trouble := ill(port, health_timeout):
        return trouble
    if _get(port, "/v1/models", key, _KEY_SECONDS) in {401, 403}:
        return "it takes another API key"
    return ""


def ill(port: int, health_timeout: float) -> str:
    """Say why whoever has ``port`` is not healthy; '' if it is. No key is sent."""
    status = health_status(port, health_timeout)
    if status is None:
        return f"it did not answer /health within {health_timeout:g} s"
    return "" if status == http.client.OK else f"it answered /health with {status}"


def health_status(port: int, timeout: float) -> int | None:
    """Give what whoever has ``port`` answers to /health; None where it does not. No key is sent."""
    return _get(port, "/health", "", timeout)


def _get(port: int, path: str, key: str, timeout: float) -> int | None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    # Directly, not through urllib: a proxy in the environment has no business here.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
