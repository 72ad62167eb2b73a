"""From an exception or a status to words: what happened, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import openai
import requests

from deployer.errors import Failure
from deployer.verify.check import Broken
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.verify.endpoint import Endpoint

_REACH = "is the URL right, and is the endpoint up?"
_HTTP_CLIENTS = {"httpx", "httpx2", "httpcore", "httpcore2"}
"""The SDK lets their exceptions through when a stream breaks off (before openai 3)."""

_NO_CONNECTION = {
    "ConnectError",
    "ConnectTimeout",
    "ConnectTimeoutError",
    "ConnectionRefusedError",
    "NameResolutionError",
    "NewConnectionError",
    "SSLError",
    "gaierror",
}
_HINTS = {
    303: "Modal answers 303 after 150 s; this one named no address to follow",
    404: "is this the base URL, and is the app still deployed?",
    429: "the endpoint is over its limits: ask again later",
    500: "the engine's log says more",
    502: "the engine may still be starting, or may have ended: its log says more",
    503: "the engine may still be starting, or may be draining: its log says more",
    504: "the engine may still be starting, or may hang: its log says more",
}


FORGIVEN = "_set_private_attributes"
"""What the SDK asks whatever it has read for."""


class Silent(Broken):
    """The server was given all of its time and said nothing (more)."""


def explain(error: Exception, endpoint: Endpoint, timeout: float) -> Broken:
    """Turn what a client raised into a broken promise. ``timeout`` is in seconds."""
    # A Failure comes from the endpoint's guard, and nothing was sent.
    for link in _links(error):
        if isinstance(link, Broken | Failure):
            return link if isinstance(link, Broken) else Broken(link.message, hint=link.hint)
    if isinstance(error, openai.APIStatusError):
        response = error.response
        where = f"{response.request.method} {response.url.path}"
        return refusal(endpoint, where, response.status_code, response.text)
    if isinstance(error, openai.APIConnectionError | requests.RequestException | OSError):
        return _no_answer(error, endpoint, timeout)
    if type(error).__module__.partition(".")[0] in _HTTP_CLIENTS:
        return _no_answer(error, endpoint, timeout)
    said = excerpt(endpoint, error)
    if isinstance(error, openai.APIError):
        return Broken(f"the server reported an error within its answer: {said}")
    what = _no_object(error) or f"{type(error).__name__}: {said}"
    return Broken(f"the answer is not what the SDK can read: {what}")


def _no_object(error: Exception) -> str:
    """Say what an answer is that is no object, which the SDK (2.x) takes for one all the same."""
    if isinstance(error, ValueError) and type(error).__name__ == "JSONDecodeError":
        return f"it is no JSON: {error}"
    if isinstance(error, AttributeError) and getattr(error, "name", "") == FORGIVEN:
        kind = "text" if isinstance(error.obj, str) else "JSON"
        return f"it is {kind}, and no JSON object, as a page of another server"
    return ""


def refusal(endpoint: Endpoint, where: str, status: int, body: str) -> Broken:
    """Put into words an HTTP status that is not the expected one; ``where`` is ``GET /path``."""
    hint = _HINTS.get(status, "")
    if status in {401, 403}:
        known = endpoint.api_key is not None
        hint = (
            "the API key was not accepted: is it the one that the endpoint was deployed with?"
            if known
            else "the endpoint wants an API key, and none was given"
        )
    return Broken(f"HTTP {status} from {where}: {excerpt(endpoint, body)}", hint=hint)


def _no_answer(error: Exception, endpoint: Endpoint, timeout: float) -> Broken:
    names = {type(link).__name__ for link in _links(error)}
    connected = not names & _NO_CONNECTION
    if "TooManyRedirects" in names:
        hint = "on Modal each redirect is 150 s of waiting: is the container starting at all?"
        return Broken("redirected again and again, without an answer", hint=hint)
    if any("Timeout" in name for name in names):
        if not connected:
            return Silent(f"cannot reach {endpoint.url}: no connection in time", hint=_REACH)
        hint = "a cold start or a busy engine may need longer: ask again, or raise the timeout"
        return Silent(f"the server said nothing for {timeout:g} s", hint=hint)
    reason = excerpt(endpoint, _reason(error))
    if not connected and (elsewhere := _elsewhere(error, endpoint)):
        hint = "is it the address of the endpoint itself?"
        return Broken(f"{endpoint.url} sends on to {elsewhere}: {reason}", hint=hint)
    if not connected:
        return Broken(f"cannot reach {endpoint.url}: {reason}", hint=_REACH)
    hint = "the engine may have ended: its log says more"
    return Broken(f"the connection broke off before the answer was there: {reason}", hint=hint)


def _elsewhere(error: Exception, endpoint: Endpoint) -> str:
    """Give the host that was asked in the end, where a redirect led to another; else ''."""
    asked = (vars(link).get("_request", vars(link).get("request")) for link in _links(error))
    urls = [str(one.url) for one in asked if one is not None]
    hosts = {urlsplit(url).netloc for url in urls} - {urlsplit(endpoint.url).netloc}
    return excerpt(endpoint, hosts.pop()) if hosts else ""


def _reason(error: Exception) -> str:
    """Find the plainest words: those of the operating system, else the innermost exception's."""
    links = list(_links(error))
    for link in links:
        if isinstance(link, OSError) and link.strerror:
            return str(link.strerror)
    return f"{type(links[-1]).__name__}: {links[-1]}"


def _links(error: BaseException) -> Iterator[BaseException]:
    """Walk an exception and what it wraps; urllib3 wraps in ``reason`` and in its arguments."""
    waiting, seen = [error], set[int]()
    while waiting:
        link = waiting.pop(0)
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        inner = (getattr(link, "reason", None), *link.args, link.__cause__, link.__context__)
        waiting.extend(each for each in inner if isinstance(each, BaseException))
